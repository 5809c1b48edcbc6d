#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/pod.hpp"
#include "common/server/recovery.hpp"
#include "common/server/server_version.hpp"

struct XXH3_state_s;  // xxhash.h stays in clone_protocol.cpp

namespace mysql_agent {

/// Port 3307: HTTP/1.1, `GET /v1/donor` and `GET /v1/clone`. This file holds its words.
namespace clone_protocol {
constexpr int version = 1;
constexpr const char* donor_path = "/v1/donor";
constexpr const char* clone_path = "/v1/clone";
/// Asked by a primary that lost its volume: replication cannot be healthy then, so it does not count for fitness.
constexpr const char* recovery_query = "for=recovery";
constexpr const char* content_type = "application/x-xbstream";
// Trailer fields, sent after the last chunk.
constexpr const char* status_field = "Clone-Status";
constexpr const char* bytes_field = "Clone-Bytes";
constexpr const char* digest_field = "Clone-Digest";
constexpr const char* status_ok = "ok";
/// The hint of an error that a transfer ends with.
constexpr const char* again_hint =
    "nothing was published; the clone is tried again, from another donor where there is one";
}  // namespace clone_protocol

/// `GET /v1/donor`: what a pod says of itself to one that looks for a donor.
struct DonorInfo {
  std::string pod;
  Role role = Role::replica;
  ServerVersion server;
  std::string server_uuid;
  std::string set_id;  ///< whose history its data is (AgentState::set_id); empty: it does not know yet
  std::optional<std::uint32_t>
      lower_case_table_names;              ///< of its server; nullopt: an older agent, which does not say it
  std::optional<std::uint32_t> page_size;  ///< innodb_page_size, bytes
  std::optional<bool>
      by_gtid;  ///< its server gives every transaction a GTID; nullopt: an older agent, which does not say it
  std::uint16_t server_port = 3306;  ///< where the clone plugin reaches its server, on the pod's own address
  std::string tool_name;
  std::string tool_version;
  std::vector<std::string> engines;
  std::vector<Recovery> recoveries;  ///< of the set's primary, as far as this pod knows them (AgentState::recoveries)
  std::string position;              ///< GTIDs executed
  std::string unapplied;             ///< GTIDs that a replica has received and not executed yet
  std::chrono::milliseconds age{0};  ///< since `position` and its like were asked for
  std::string log_start;          ///< GTIDs that its binary log does not have: who lacks some of them cannot follow it
  std::string replication_state;  ///< `none` on a primary, else `running`, `stopped`, `connecting` or `error`
  std::optional<std::uint64_t> lag_seconds;
  std::string replication_error;
  std::optional<bool> open;  ///< of a primary: it was let take writes since its server's start; nullopt: an older agent
  std::string own;           ///< GTIDs that a replica wrote itself
  std::string filters;       ///< its replication or log filters, as its options say them; empty: none
  std::string held;          ///< hold_kind_name, where a person must look; empty: replication is not held
  std::uint64_t bytes = 0;   ///< of the data directory: an estimate of the stream
  unsigned slots_total = 0;
  unsigned slots_free = 0;
  bool has_data = false;       ///< its data is complete and its server answers: good enough to recover a lost primary
  bool empty = false;          ///< its volume has neither data nor a part of a copy: its clone-mysql looks for a donor
  bool knows_of_data = false;  ///< of one that is empty: there was data of this set, here or at another pod
  bool fit = false;            ///< good enough to clone a replica from, a free slot apart
  std::string reason;          ///< why it is not fit
};

std::string donor_info_text(const DonorInfo& info);
/// Throws failed for what is not a donor's answer, of another protocol version included.
DonorInfo parse_donor_info(const std::string& text);

/// The digest of a stream: XXH3-128, `xxh3-128=` and 32 hex digits. It finds damage; it is no proof of origin.
class StreamDigest {
 public:
  StreamDigest();

  void update(std::string_view data);
  std::string text() const;
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
  std::uint64_t bytes_ = 0;
};

}  // namespace mysql_agent
