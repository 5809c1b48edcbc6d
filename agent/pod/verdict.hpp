#pragma once

#include <chrono>
#include <string>

#include "agent/pod/pod_view.hpp"

namespace mysql_agent {

/// The rungs of `judge`, top to bottom: the first one that applies is the pod's.
enum class Readiness {
  server_silent,
  state_unreadable,
  no_state,
  clone_unfinished,
  not_primary_yet,  ///< of a primary: its data's state is not `primary`
  on_hold,
  not_open,  ///< of a primary: it takes no writes yet, or not any more
  no_source,
  other_source,
  sql_stopped,
  io_stopped,
  source_away_too_long,
  not_judged,  ///< what this look found is not confirmed yet
  unproven,    ///< of a replica: nobody knows yet whether its data is the primary's
  lag_unknown,
  lagging,
  ready_without_source,  ///< a replica that may go on while its primary is away
  ready,
  // What the probes know beside the view.
  shutting_down,
  look_is_old,
};

/// What replication does, as /v1/donor and /status say it.
enum class ReplicationState { none, running, connecting, stopped, error, unknown };
const char* replication_state_name(ReplicationState state);

/// Whether the pod does its work, and if not, the first thing that stands in the way.
struct Verdict {
  Readiness kind = Readiness::server_silent;
  ReplicationState replication = ReplicationState::unknown;
  std::string reason{};   ///< `ok`, or what is wrong; `ok; ...` for a replica that may go on without its source
  std::string subject{};  ///< what tells two findings of one kind apart: an error number, a host, GTIDs

  bool ready() const { return kind == Readiness::ready || kind == Readiness::ready_without_source; }
  /// A log says a finding once, however its numbers move meanwhile.
  bool is_same_finding(const Verdict& other) const { return kind == other.kind && subject == other.subject; }
};

/// What a replica that is ready may lack.
struct ReadyLimits {
  std::chrono::seconds max_lag{30};
  /// How long one that has followed its primary may go on while the primary is away, so that reads outlive its restart;
  /// 0: not at all.
  std::chrono::seconds max_source_absence{0};
};

/// Says of a source that is not the agent's whether it runs, and its error.
std::string other_channel_text(const OtherChannel& channel);

/// One ladder, see Readiness; each rung has its own reason.
Verdict judge(const PodView& view, const ReadyLimits& limits);

}  // namespace mysql_agent
