#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/pod/hold.hpp"
#include "agent/pod/wait.hpp"
#include "common/base/pod.hpp"
#include "common/server/mysql_client.hpp"
#include "common/server/server_facts.hpp"
#include "common/volume/data_dir.hpp"
#include "common/volume/reclone_request.hpp"
#include "common/volume/state_file.hpp"

namespace mysql_agent {

/// What is known of this pod at one moment.
struct PodView {
  Pod pod;
  Role role = Role::replica;
  std::string source_host;  ///< where a replica must replicate from
  std::optional<AgentState> state;
  std::optional<ServerFacts> server;  ///< nullopt: it does not answer
  std::string server_error;
  std::chrono::steady_clock::time_point looked{};  ///< of `server`: before it was asked
  bool server_answers = false;            ///< also with an error of its own, a refused login for instance: it is up
  std::uint64_t data_bytes = 0;           ///< clone_size_estimate, a minute old at most
  bool clone_account = false;             ///< the account for MySQL's clone plugin is there, with its privilege
  std::optional<RecloneRequest> reclone;  ///< a fresh clone was asked for, at the next start
  std::vector<std::string> set_aside;     ///< names of replaced data in .mysql-agent/set-aside
  std::optional<Wait> wait;               ///< why a replica's I/O thread is not started yet: what passes by itself
  std::optional<Hold> hold;               ///< why the sidecar does not start replication, where a person must look
  bool not_judged = false;   ///< this look found something that the next one must confirm, or has just acted
  bool unproven = false;     ///< of a replica: nobody knows yet whether all that it has is the primary's
  bool open = false;         ///< of a primary: it was let take writes since its server's start
  std::string closed{};      ///< of a primary that takes no writes: why
  std::string own{};         ///< GTIDs that a replica wrote itself
  bool source_away = false;  ///< a replica's: the primary's sidecar does not say, or denies, that the primary is up
  /// Since a replica was last seen to do its work with the I/O thread running; nullopt: not since the sidecar's start.
  std::optional<std::chrono::seconds> not_followed_for;
  std::optional<std::vector<std::string>> disabled_events{};  ///< DonorInfo::disabled_events
  std::uint64_t healed = 0;    ///< a replica's transactions that changed nothing, healed since the sidecar's start
  std::uint64_t diverged = 0;  ///< transactions that a replica has and its primary has not
};

/// A look blocks as long as a server that hangs does: an older one says nothing any more.
constexpr std::chrono::seconds stale_after{15};

/// A pod of which nothing is known but what it is to be.
PodView new_pod_view(const PodSet& set);

/// Fills in what waits on the volume: a request for a new clone, and data that was set aside. Throws refused for a
/// request that is not to be understood.
void look_at_volume(PodView& view, const DataDir& dir);

/// Fills in `server`, or `server_error`. Blocks as long as the login's server does, a few seconds at most.
void look_at_server(PodView& view, const ServerLogin& login);

/// How far a replica is behind its source, in seconds. nullopt where nobody knows: the server says 0 for as long as it
/// does not notice that its source is gone, and where a thread does not run it says how old the last event is.
std::optional<std::uint64_t> known_lag(const PodView& view);

}  // namespace mysql_agent
