#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/pod.hpp"
#include "common/reclone_request.hpp"
#include "common/server_facts.hpp"
#include "common/state_file.hpp"

namespace mysql_agent {

/// What is known of this pod at one moment.
struct PodView {
  Pod pod;
  Role role = Role::replica;
  std::string source_host;  ///< where a replica must replicate from
  std::optional<AgentState> state;
  std::optional<ServerFacts> server;  ///< nullopt: it does not answer
  std::string server_error;
  std::uint64_t data_bytes = 0;  ///< clone_size_estimate, a minute old at most
  bool clone_account = false;    ///< the account for MySQL's clone plugin is there, with its privilege
  std::optional<RecloneRequest> reclone;  ///< a fresh clone was asked for, at the next start
  std::vector<std::string> set_aside;     ///< names of replaced data in .mysql-agent/set-aside
  std::string wait;  ///< why a replica's I/O thread is not started yet: what passes by itself
  std::string held;  ///< why the sidecar does not start replication, where a person must look
};

/// Whether the pod does its work, and if not, the first thing that stands in the way.
struct Verdict {
  bool ready = false;
  std::string reason;       ///< `ok`, or what is wrong
  std::string replication;  ///< `none` (primary), `running`, `connecting`, `stopped`, `error`, `unknown`
};

/// One ladder, top to bottom, each rung with its own reason:
/// server answers > data state known > clone finished > (replica:) not held > source set > SQL thread > I/O thread > lag known > lag small.
Verdict judge(const PodView& view, std::chrono::seconds max_lag);

}  // namespace mysql_agent
