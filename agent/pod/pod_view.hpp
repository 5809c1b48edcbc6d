#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/pod/deviation.hpp"
#include "agent/pod/hold.hpp"
#include "agent/pod/paused_step.hpp"
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
  std::optional<ServerFacts> server;  ///< nullopt: the server does not answer
  std::string server_error;
  int server_error_number = 0;   ///< of look_at_server: the server's own, or its client library's; 0: neither gave one
  std::string clone_activity{};  ///< what clone-mysql does; empty: it does not run
  std::chrono::steady_clock::time_point looked{};  ///< when the server was about to be asked
  bool server_answers = false;              ///< it is up: it answered, if only with an error, like a refused login
  std::uint64_t data_bytes = 0;             ///< clone_size_estimate, a minute old at most
  bool clone_account = false;               ///< the account for MySQL's clone plugin exists and has its privilege
  std::optional<RecloneRequest> reclone;    ///< the request for a new clone at the next start
  std::vector<std::string> set_aside;       ///< names of replaced data in .mysql-agent/set-aside
  std::optional<PauseRequest> pause{};      ///< a person wants the sidecar to change nothing
  std::optional<PausedStep> paused_step{};  ///< what the sidecar would do now, if the pod were not paused
  bool previous_password = false;           ///< the server has not got the agent's new password yet
  std::optional<Wait> wait;                 ///< why a replica's I/O thread is not started yet; it passes by itself
  std::optional<Hold> hold;                 ///< why the sidecar does not start replication until a person has looked
  bool not_judged = false;                  ///< the next look must confirm what this look found or did
  bool unproven = false;     ///< of a replica: it is not known yet whether the primary has all its transactions; of a
                             ///< primary: it takes writes, and nobody has proven its data
  bool open = false;         ///< of a primary: it takes writes since its server's start
  std::string closed{};      ///< why a primary takes no writes
  std::string own{};         ///< GTIDs that a replica wrote itself
  bool source_down = false;  ///< of a replica: the primary's sidecar says that its server is not up or hangs
  bool source_away = false;  ///< of a replica: the primary's sidecar is silent, or says that the primary is not up
  /// How long ago a replica was last seen to work with its I/O thread running; nullopt: never since the sidecar's
  /// start.
  std::optional<std::chrono::seconds> not_followed_for;
  std::optional<std::vector<std::string>> disabled_events{};  ///< DonorInfo::disabled_events
  std::uint64_t healed = 0;    ///< a replica's transactions that changed nothing, healed since the sidecar's start
  std::uint64_t diverged = 0;  ///< transactions that a replica has and its primary lacks
  /// How long at least the primary has had something that this replica lacks, by the primary's own answers; nullopt:
  /// nothing is known to be missing.
  std::optional<std::chrono::milliseconds> missing_for{};
  bool not_measured = false;   ///< of a replica: since the sidecar's start it never had all that the primary has
  bool plugin_wanted = false;  ///< the sidecar looks after MySQL's clone plugin and its account
  std::uint32_t primary_server_id = 0;  ///< of a replica: from the primary's answer; 0: there was none
  /// The sidecar's deviations, if another process asks it; nullopt: see deviations_of.
  std::optional<std::vector<Deviation>> told_deviations{};
  std::vector<std::string> uncopied_tables{};  ///< some tables whose rows MySQL's clone plugin leaves out
  std::uint64_t uncopied_table_count = 0;      ///< how many such tables there are
  std::vector<std::string> outside_files{};    ///< some files of MySQL's InnoDB that lie outside of the data directory
  std::uint64_t outside_file_count = 0;        ///< how many such files there are
};

/// An older look says nothing any more. Looks get old when the server hangs, for then they block.
constexpr std::chrono::seconds stale_after{15};

/// Notes what the sidecar of a paused pod leaves. Such a pod is not ready.
void leave_for_pause(PodView& view, PausedStep step);

/// A pod whose name and role are all that is known of it.
PodView new_pod_view(const PodSet& set);

/// Fills in what is on the volume: a request for a new clone, and data that was set aside. Throws refused for an
/// unreadable request.
void look_at_volume(PodView& view, const DataDir& dir);

/// Fills in `server`, or `server_error`. Blocks for a few seconds at most.
void look_at_server(PodView& view, const ServerLogin& login);

/// The larger value of the server's lag and `missing_for`: a server says 0 while its I/O thread is slow. nullopt: the
/// server does not know its lag.
std::optional<std::chrono::milliseconds> time_behind(const PodView& view);

/// The filters of the server, or those that it had since its clone; empty: none. Not all that the primary has may be
/// here.
std::string filters_of(const ServerFacts& server, const std::optional<AgentState>& state);

/// How many seconds a replica is behind its source. nullopt: that is unknown. A server says 0 until it notices that its
/// source is gone, and if a thread is stopped, it says how old the last event is.
std::optional<std::uint64_t> known_lag(const PodView& view);

}  // namespace mysql_agent
