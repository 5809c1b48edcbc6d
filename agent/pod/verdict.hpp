#pragma once

#include <chrono>
#include <string>

#include "agent/pod/pod_view.hpp"

namespace mysql_agent {

/// The rungs of `judge`, from top to bottom: the first rung that applies is the pod's.
enum class Readiness {
  server_silent,
  state_unreadable,
  no_state,
  clone_unfinished,
  not_primary_yet,  ///< of a primary: its data's state is not `primary`
  on_hold,
  not_open,  ///< of a primary: it takes no writes yet, or no longer
  no_source,
  other_source,
  sql_stopped,
  io_stopped,
  source_away_too_long,
  not_judged,   ///< the next look must confirm what this look found
  unproven,     ///< of a replica: it is not known yet whether the primary has all its transactions; of a primary that a
                ///< person opened while the pod is paused: whether it has those of its replicas
  passes_over,  ///< of a replica: options let it pass over what does not fit
  lag_unknown,
  lagging,
  ready_without_source,  ///< a replica that may go on while its primary is away
  ready,
  // Found by the probes, not by `judge`.
  shutting_down,
  look_is_old,
};

/// What replication does, as /v1/donor and /status say it.
enum class ReplicationState { none, running, connecting, stopped, error, unknown };
const char* replication_state_name(ReplicationState state);

/// Whether the pod is ready, and if not, the first reason.
struct Verdict {
  Readiness kind = Readiness::server_silent;
  ReplicationState replication = ReplicationState::unknown;
  std::string reason{};  ///< `ok`, or what is wrong; `ok; ...` for a replica that may go on without its source, and for
                         ///< a paused pod
  std::string subject{};  ///< tells two findings of the same kind apart: an error number, a host, GTIDs

  bool ready() const { return kind == Readiness::ready || kind == Readiness::ready_without_source; }
  /// The log has each finding once, however its numbers change.
  bool is_same_finding(const Verdict& other) const { return kind == other.kind && subject == other.subject; }
};

/// How far a replica may be behind and still be ready.
struct ReadyLimits {
  std::chrono::seconds max_lag{30};
  /// How long a replica stays ready while its primary is away, so that reads go on during the primary's restart; 0: not
  /// at all.
  std::chrono::seconds max_source_absence{0};
};

/// Says of a source that is not the agent's whether it runs, and its error.
std::string other_channel_text(const OtherChannel& channel);

/// Goes down the ladder of Readiness. Each rung has its own reason.
Verdict judge(const PodView& view, const ReadyLimits& limits);

}  // namespace mysql_agent
