#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/backup/clone_engine.hpp"
#include "common/base/defaults.hpp"
#include "common/base/pod.hpp"
#include "common/server/recovery.hpp"
#include "common/server/server_version.hpp"

struct XXH3_state_s;  // xxhash.h stays in clone_protocol.cpp

namespace mysql_agent {

/// The words of the clone protocol. It is HTTP/1.1 on the clone port (defaults::clone_port), with `GET /v1/donor` and
/// `GET /v1/clone`.
namespace clone_protocol {
constexpr int version = 1;
constexpr const char* donor_path = "/v1/donor";
constexpr const char* clone_path = "/v1/clone";
/// The query of a primary that lost its volume. Replication cannot be healthy then, so that the donor does not look at
/// it when it judges its fitness.
constexpr const char* recovery_query = "for=recovery";
/// The query of one that wants an answer from now on: the sidecar looks at its server soon, and tells by `age_ms` when
/// it did. Asking once does not wait for it.
constexpr const char* fresh_query = "look=now";
/// DonorInfo::age of an older agent, which looks every two seconds and does not say when; a look may take long.
constexpr std::chrono::milliseconds unknown_age{10'000};
constexpr const char* content_type = "application/x-xbstream";
// The trailer's fields, sent after the last chunk of the stream.
constexpr const char* status_field = "Clone-Status";
constexpr const char* bytes_field = "Clone-Bytes";
constexpr const char* digest_field = "Clone-Digest";
constexpr const char* status_ok = "ok";
/// The hint of an error that ends a transfer.
constexpr const char* again_hint =
    "nothing was published; the clone is tried again, from another donor where there is one";
}  // namespace clone_protocol

/// A pod that has, or had, data, as a pod with an empty volume saw it.
struct KnownData {
  std::string pod;
  std::string what;  ///< for people, as `has data at 0-100-5`; the subject is the pod's name
  bool operator==(const KnownData&) const = default;
};

/// The answer to `GET /v1/donor`: what a pod says of itself to a pod that looks for a donor.
struct DonorInfo {
  std::string pod;
  Role role = Role::replica;
  ServerVersion server;
  std::string server_uuid;
  std::uint32_t server_id = 0;  ///< 0: an older agent, which does not send this field
  std::string set_id;  ///< the history that the pod's data belongs to (AgentState::set_id); empty: not known yet

  // Settings of the server. nullopt: an older agent, which does not send this field.
  std::optional<std::uint32_t> lower_case_table_names;
  std::optional<std::uint32_t> page_size;  ///< innodb_page_size, bytes
  std::optional<bool> by_gtid;             ///< whether the server gives every transaction a GTID
  std::vector<std::string> page_plugins;   ///< ServerFacts::page_plugins

  std::uint16_t server_port = defaults::mysql_port;  ///< where the clone plugin reaches the server, at the pod's host
  std::string tool_name;
  std::string tool_version;
  std::vector<std::string>
      engines;  ///< engine_name of each engine that the pod offers; a newer agent may send other names
  std::vector<Recovery> recoveries;  ///< the recoveries that this pod knows of (AgentState::recoveries)
  std::string position;              ///< GTIDs that the server has executed
  std::string unapplied;             ///< GTIDs that a replica has received and not executed yet
  std::chrono::milliseconds age{0};  ///< time since the server was asked for the facts in this answer
  std::string
      log_start;  ///< GTIDs that the binary log does not have: a pod that lacks one of them cannot follow this pod
  std::string replication_state;  ///< `none` on a primary, else `running`, `stopped`, `connecting` or `error`
  std::optional<std::uint64_t> lag_seconds;  ///< nullopt: unknown
  std::string replication_error;
  std::optional<bool> open;  ///< of a primary: it was let take writes since its server's start; nullopt: an older agent
  std::string applied;       ///< MariaDB: GTIDs that came through replication; empty: none, or an older agent
  std::string own;           ///< GTIDs that a replica wrote itself
  std::string filters;       ///< its replication or log filters, as its options say them; empty: none
  /// Events that the primary does not run, quoted: as its own server says, or as the primary told this replica last.
  /// nullopt: nobody has told, or an older agent.
  std::optional<std::vector<std::string>> disabled_events;
  bool paused = false;      ///< a person paused its sidecar, which then serves no new clone
  std::string held;         ///< hold_kind_name: replication is on hold until a person has looked; empty: it is not
  std::uint64_t bytes = 0;  ///< bytes of the data that a clone carries, an estimate of the stream's length
  unsigned slots_total = 0;
  unsigned slots_free = 0;
  bool has_data = false;       ///< the data is complete and the server answers: enough to recover a lost primary
  bool empty = false;          ///< the volume has neither data nor a part of a copy: clone-mysql looks for a donor
  bool knows_of_data = false;  ///< an empty pod knows that this set has, or had, data here or at another pod
  /// Of an empty pod: the pods whose data it saw itself. Empty beside knows_of_data: an older agent, which calls by
  /// that name also what it has heard, and a pod that was silent.
  std::vector<KnownData> known_data;
  bool fit = false;    ///< good enough to clone a replica from, if a slot is free
  std::string reason;  ///< why the pod is not fit
};

bool offers(const DonorInfo& info, Engine engine);

/// The body of the answer, as JSON.
std::string donor_info_text(const DonorInfo& info);
/// Reads the body of an answer; unknown fields are ignored. Throws failed if it is not a donor's answer, or if its
/// protocol has another version.
DonorInfo parse_donor_info(const std::string& text);

/// The digest of a stream, XXH3-128. It finds damage. It does not prove where the stream comes from.
class StreamDigest {
 public:
  /// Throws std::bad_alloc.
  StreamDigest();

  void update(std::string_view data);
  /// The digest of all bytes so far: `xxh3-128=` and 32 hex digits.
  std::string text() const;
  /// The number of bytes so far.
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
  std::uint64_t bytes_ = 0;
};

}  // namespace mysql_agent
