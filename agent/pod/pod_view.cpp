#include "agent/pod/pod_view.hpp"

#include <algorithm>

namespace mysql_agent {
namespace {

constexpr std::chrono::seconds sql_timeout{5};

}  // namespace

PodView new_pod_view(const PodSet& set) {
  PodView view;
  view.pod = set.pod;
  view.role = set.role();
  view.source_host = set.source_host();
  return view;
}

void leave_for_pause(PodView& view, PausedStep step) {
  if (!view.paused_step) view.paused_step = step;
  view.not_judged = true;
}

void look_at_volume(PodView& view, const DataDir& dir) {
  view.reclone = read_reclone_request(dir.reclone_request(), view.pod.name);
  view.set_aside = list_set_aside(dir);
}

void look_at_server(PodView& view, const ServerLogin& login) {
  try {
    MysqlClient client(login, sql_timeout);
    view.server = read_server_facts(client);
    view.previous_password = client.by_previous_password();
  } catch (const Error& error) {
    view.server_error = error.what();
    const auto* const sql = dynamic_cast<const SqlError*>(&error);
    view.server_error_number = sql == nullptr ? 0 : sql->number();
  }
}

std::optional<std::chrono::milliseconds> time_behind(const PodView& view) {
  if (!view.server || !view.server->replica || !view.server->replica->lag_seconds) return std::nullopt;
  const std::chrono::milliseconds said = std::chrono::seconds(*view.server->replica->lag_seconds);
  return std::max(said, view.missing_for.value_or(std::chrono::milliseconds(0)));
}

std::optional<std::uint64_t> known_lag(const PodView& view) {
  if (!view.server || !view.server->replica || view.source_away) return std::nullopt;
  const ReplicaStatus& replica = *view.server->replica;
  const auto behind = time_behind(view);
  if (!replica.io.running || !replica.sql.running || !behind) return std::nullopt;
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(*behind).count());
}

std::string filters_of(const ServerFacts& server, const std::optional<AgentState>& state) {
  if (!server.filters.empty() || !state || state->filtered.empty()) return server.filters;
  return state->filtered + " (set no longer, but the rows are missing until a new clone)";
}

}  // namespace mysql_agent
