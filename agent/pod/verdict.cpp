#include "agent/pod/verdict.hpp"

#include "common/server/dialect.hpp"

namespace mysql_agent {
namespace {

std::string thread_problem(const char* name, const ReplicationThread& thread) {
  std::string out = std::string("the ") + name + " thread ";
  out += thread.connecting ? "is connecting" : "is stopped";
  if (thread.error_number != 0) out += ", error " + std::to_string(thread.error_number) + ": " + thread.error;
  return out;
}

// What a thread says whose connection broke, or could not be made; not one whose login or TLS failed.
bool lost_source(const ReplicationThread& io) {
  const int number = io.error_number;
  return number == 0 || (number >= 2000 && number < 3000 && number != server_error::login_method_failed &&
                         number != server_error::tls_refused);
}

// It serves what it had when it last followed; a primary that is down has no more than that.
Verdict judge_stopped_io(const PodView& view, const ReadyLimits& limits, const char* replication) {
  const ReplicationThread& io = view.server->replica->io;
  const std::string waits = view.wait.empty() ? "" : "; " + view.wait;
  const bool may_go_on =
      view.source_away && view.not_followed_for && lost_source(io) && limits.max_source_absence.count() > 0;
  if (may_go_on && *view.not_followed_for <= limits.max_source_absence)
    return {true, "ok; without its source for " + std::to_string(view.not_followed_for->count()) + " s" + waits,
            replication};
  const std::string too_long =
      may_go_on ? "; for longer than " + std::to_string(limits.max_source_absence.count()) + " s" : "";
  return {false, thread_problem("I/O", io) + waits + too_long, replication};
}

Verdict judge_replica(const PodView& view, const ReadyLimits& limits) {
  const auto& replica = view.server->replica;
  const std::string waits = view.wait.empty() ? "" : "; " + view.wait;
  if (!replica) return {false, view.held.empty() ? "no source is set" + waits : view.held, "stopped"};
  const bool error = replica->io.error_number != 0 || replica->sql.error_number != 0;
  const char* const stopped = error ? "error" : "stopped";
  if (!view.held.empty()) return {false, view.held, stopped};
  if (replica->source_host != view.source_host)
    return {false, "it replicates from " + replica->source_host + ", and the source is " + view.source_host, stopped};
  if (!replica->sql.running) return {false, thread_problem("SQL", replica->sql) + waits, stopped};
  if (!replica->io.running) return judge_stopped_io(view, limits, replica->io.connecting ? "connecting" : stopped);
  if (!replica->lag_seconds) return {false, "the lag is not known", "running"};
  if (*replica->lag_seconds > static_cast<std::uint64_t>(limits.max_lag.count()))
    return {false,
            "it is " + std::to_string(*replica->lag_seconds) + " s behind, more than " +
                std::to_string(limits.max_lag.count()) + " s",
            "running"};
  return {true, "ok", "running"};
}

}  // namespace

Verdict judge(const PodView& view, const ReadyLimits& limits) {
  if (!view.server) return {false, "the server does not answer: " + view.server_error, "unknown"};
  if (!view.state && !view.held.empty() && view.held_kind == HoldKind::error) return {false, view.held, "unknown"};
  if (!view.state) return {false, "the data directory has no state yet", "unknown"};
  if (!is_settled(view.state->state))
    return {false, std::string("a clone is unfinished: the data's state is ") + state_name(view.state->state),
            "unknown"};
  if (view.role == Role::replica) return judge_replica(view, limits);
  if (view.state->state != DataState::primary)
    return {false, std::string("the data's state is ") + state_name(view.state->state) + ", not primary yet", "none"};
  return {true, "ok", "none"};
}

std::string reason_without_numbers(const std::string& reason) {
  std::string out;
  for (const char c : reason)
    if ((c < '0' || c > '9') && c != ':' && c != '-' && c != ',') out += c;
  return out;
}

}  // namespace mysql_agent
