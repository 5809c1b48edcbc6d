#include "agent/pod/verdict.hpp"

#include "common/server/dialect.hpp"

namespace mysql_agent {
namespace {

std::string thread_problem(const char* name, const ReplicationThread& thread) {
  std::string out = std::string("the ") + name + " thread ";
  out += thread.connecting ? "is connecting" : "is stopped";
  if (thread.failed()) out += ", error " + std::to_string(thread.error_number) + ": " + thread.error;
  return out;
}

std::string waiting(const PodView& view) {
  return view.wait ? "; " + wait_text(*view.wait) : "";
}

// The errors of a thread whose connection broke or could not be made. A failed login or failed TLS is none of them.
bool lost_source(const ReplicationThread& io) {
  const int number = io.error_number;
  return number == 0 || (number >= 2000 && number < 3000 && number != server_error::login_method_failed &&
                         number != server_error::tls_refused);
}

// Such a replica serves the data of the time when it last followed. A primary that is down has no newer data. An I/O
// thread that still runs has not noticed, or waits as the primary's server does.
Verdict judge_without_source(const PodView& view, const ReadyLimits& limits, ReplicationState replication) {
  const ReplicationThread& io = view.server->replica->io;
  const bool may_go_on =
      view.source_away && view.not_followed_for && lost_source(io) && limits.max_source_absence.count() > 0;
  const std::string subject = std::to_string(io.error_number);
  const std::string down = "the primary's sidecar says that its server is not up";
  const std::string why = io.running ? "; " + down : waiting(view);
  const std::string problem = io.running ? down : thread_problem("I/O", io) + why;
  if (!may_go_on) return {Readiness::io_stopped, replication, problem, subject};
  if (*view.not_followed_for <= limits.max_source_absence)
    return {Readiness::ready_without_source, replication,
            "ok; without its source for " + std::to_string(view.not_followed_for->count()) + " s" + why};
  return {Readiness::source_away_too_long, replication,
          problem + "; for longer than " + std::to_string(limits.max_source_absence.count()) + " s", subject};
}

Verdict on_hold(const Hold& hold, ReplicationState replication) {
  return {Readiness::on_hold, replication, hold_text(hold), hold_kind_name(kind_of(hold.cause)) + hold.gtids};
}

Verdict judge_replica(const PodView& view, const ReadyLimits& limits) {
  const auto& replica = view.server->replica;
  if (!replica && view.hold) return on_hold(*view.hold, ReplicationState::stopped);
  if (!replica) return {Readiness::no_source, ReplicationState::stopped, "no source is set" + waiting(view)};
  const bool error = replica->io.failed() || replica->sql.failed();
  const ReplicationState stopped = error ? ReplicationState::error : ReplicationState::stopped;
  if (view.hold) return on_hold(*view.hold, stopped);
  if (replica->source_host != view.source_host)
    return {Readiness::other_source, stopped,
            "it replicates from " + replica->source_host + ", and the source is " + view.source_host,
            replica->source_host};
  if (!replica->sql.running)
    return {Readiness::sql_stopped, stopped, thread_problem("SQL", replica->sql) + waiting(view),
            std::to_string(replica->sql.error_number)};
  constexpr ReplicationState running = ReplicationState::running;
  if (!replica->io.running)
    return judge_without_source(view, limits, replica->io.connecting ? ReplicationState::connecting : stopped);
  if (view.source_down) return judge_without_source(view, limits, running);
  if (view.unproven)
    return {Readiness::unproven, running, "it is not known yet whether all that this replica has is the primary's"};
  if (!view.server->skips.empty())
    return {Readiness::passes_over, running,
            "it passes over what does not fit, so its rows may differ: " + view.server->skips +
                "; leave that out of replica.cnf, and " + clone_it_again};
  if (view.not_measured)
    return {Readiness::lag_unknown, running, "the lag is not known: it has not caught up since the sidecar's start"};
  const auto behind = time_behind(view);
  if (!behind) return {Readiness::lag_unknown, running, "the lag is not known"};
  if (*behind > limits.max_lag)
    return {Readiness::lagging, running,
            "it is " + std::to_string(std::chrono::ceil<std::chrono::seconds>(*behind).count()) +
                " s behind, more than " + std::to_string(limits.max_lag.count()) + " s"};
  return {Readiness::ready, running, "ok"};
}

}  // namespace

const char* replication_state_name(ReplicationState state) {
  switch (state) {
    case ReplicationState::none: return "none";
    case ReplicationState::running: return "running";
    case ReplicationState::connecting: return "connecting";
    case ReplicationState::stopped: return "stopped";
    case ReplicationState::error: return "error";
    case ReplicationState::unknown: return "unknown";
  }
  return "unknown";
}

std::string other_channel_text(const OtherChannel& channel) {
  return "the other channel " + channel.name + ", from " + channel.source + ", " +
         (channel.running ? "runs" : "does not run" + (channel.error.empty() ? "" : ": " + channel.error));
}

namespace {

Verdict judge_confirmed(const PodView& view, const ReadyLimits& limits) {
  constexpr ReplicationState unknown = ReplicationState::unknown;
  if (!view.server) return {Readiness::server_silent, unknown, "the server does not answer: " + view.server_error};
  if (!view.state && view.hold && view.hold->cause == HoldCause::statement_refused)
    return {Readiness::state_unreadable, unknown, hold_text(*view.hold)};
  if (!view.state) return {Readiness::no_state, unknown, "the data directory has no state yet"};
  const std::string state = state_name(view.state->state);
  if (!is_settled(view.state->state))
    return {Readiness::clone_unfinished, unknown, "a clone is unfinished: the data's state is " + state, state};
  if (view.role == Role::replica) return judge_replica(view, limits);
  if (view.state->state != DataState::primary)
    return {Readiness::not_primary_yet, ReplicationState::none, "the data's state is " + state + ", not primary yet",
            state};
  if (view.hold) return on_hold(*view.hold, ReplicationState::none);
  if (view.unproven)
    return {Readiness::unproven, ReplicationState::none,
            "it takes writes, and it is not known whether it has all that the other pods have"};
  if (!view.closed.empty())
    return {Readiness::not_open, ReplicationState::none, "the primary takes no writes: " + view.closed};
  return {Readiness::ready, ReplicationState::none, "ok"};
}

}  // namespace

Verdict judge(const PodView& view, const ReadyLimits& limits) {
  Verdict verdict = judge_confirmed(view, limits);
  if (verdict.ready() && view.not_judged)
    verdict = {Readiness::not_judged, verdict.replication, "what was found at the last look is not confirmed yet"};
  // It does not stand in the way, but may tell why.
  if (!verdict.ready() && view.server)
    for (const OtherChannel& channel : view.server->other_channels)
      if (!channel.running) verdict.reason += "; " + other_channel_text(channel);
  if (view.pause) verdict.reason += "; " + paused_text(*view.pause, view.paused_step ? &*view.paused_step : nullptr);
  return verdict;
}

}  // namespace mysql_agent
