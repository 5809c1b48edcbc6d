#include "agent/verdict.hpp"

namespace mysql_agent {
namespace {

std::string thread_problem(const char* name, const ReplicationThread& thread) {
  std::string out = std::string("the ") + name + " thread ";
  out += thread.connecting ? "is connecting" : "is stopped";
  if (thread.error_number != 0) out += ", error " + std::to_string(thread.error_number) + ": " + thread.error;
  return out;
}

Verdict judge_replica(const PodView& view, std::chrono::seconds max_lag) {
  const auto& replica = view.server->replica;
  const std::string waits = view.wait.empty() ? "" : "; " + view.wait;
  if (!replica) return {false, view.held.empty() ? "no source is set" + waits : view.held, "stopped"};
  const bool error = replica->io.error_number != 0 || replica->sql.error_number != 0;
  const char* const stopped = error ? "error" : "stopped";
  if (!view.held.empty()) return {false, view.held, stopped};
  if (replica->source_host != view.source_host)
    return {false, "it replicates from " + replica->source_host + ", and the source is " + view.source_host, stopped};
  if (!replica->sql.running) return {false, thread_problem("SQL", replica->sql) + waits, stopped};
  if (!replica->io.running)
    return {false, thread_problem("I/O", replica->io) + waits, replica->io.connecting ? "connecting" : stopped};
  if (!replica->lag_seconds) return {false, "the lag is not known", "running"};
  if (*replica->lag_seconds > static_cast<std::uint64_t>(max_lag.count()))
    return {false,
            "it is " + std::to_string(*replica->lag_seconds) + " s behind, more than " + std::to_string(max_lag.count()) + " s",
            "running"};
  return {true, "ok", "running"};
}

}  // namespace

Verdict judge(const PodView& view, std::chrono::seconds max_lag) {
  if (!view.server) return {false, "the server does not answer: " + view.server_error, "unknown"};
  if (!view.state && !view.held.empty() && view.held_kind == HoldKind::error) return {false, view.held, "unknown"};
  if (!view.state) return {false, "the data directory has no state yet", "unknown"};
  if (!is_settled(view.state->state))
    return {false, std::string("a clone is unfinished: the data's state is ") + state_name(view.state->state), "unknown"};
  if (view.role == Role::replica) return judge_replica(view, max_lag);
  if (view.state->state != DataState::primary)
    return {false, std::string("the data's state is ") + state_name(view.state->state) + ", not primary yet", "none"};
  return {true, "ok", "none"};
}

}  // namespace mysql_agent
