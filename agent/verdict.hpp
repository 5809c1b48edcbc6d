#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/hold_kind.hpp"
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
  bool server_answers = false;  ///< also with an error of its own, a refused login for instance: it is up
  std::uint64_t data_bytes = 0;  ///< clone_size_estimate, a minute old at most
  bool clone_account = false;    ///< the account for MySQL's clone plugin is there, with its privilege
  std::optional<RecloneRequest> reclone;  ///< a fresh clone was asked for, at the next start
  std::vector<std::string> set_aside;     ///< names of replaced data in .mysql-agent/set-aside
  std::string wait;  ///< why a replica's I/O thread is not started yet: what passes by itself
  std::string held;  ///< why the sidecar does not start replication, where a person must look
  HoldKind held_kind = HoldKind::state;  ///< of `held`
  bool source_away = false;       ///< a replica's: the primary's sidecar does not say, or denies, that the primary is up
  std::uint64_t diverged = 0;     ///< transactions that a replica has and its primary has not
};

/// Whether the pod does its work, and if not, the first thing that stands in the way.
struct Verdict {
  bool ready = false;
  std::string reason;       ///< `ok`, or what is wrong
  std::string replication;  ///< `none` (primary), `running`, `connecting`, `stopped`, `error`, `unknown`
};

/// One ladder, top to bottom, each rung with its own reason:
/// server answers > data state understood > data state known > clone finished > (replica:) not held > source set > SQL thread > I/O thread > lag known > lag small.
Verdict judge(const PodView& view, std::chrono::seconds max_lag);

}  // namespace mysql_agent
