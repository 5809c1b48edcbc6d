#include "agent/pod/pod_view.hpp"

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

void look_at_volume(PodView& view, const DataDir& dir) {
  view.reclone = read_reclone_request(dir.reclone_request(), view.pod.name);
  view.set_aside = list_set_aside(dir);
}

void look_at_server(PodView& view, const ServerLogin& login) {
  try {
    MysqlClient client(login, sql_timeout);
    view.server = read_server_facts(client);
  } catch (const Error& error) {
    view.server_error = error.what();
  }
}

std::optional<std::uint64_t> known_lag(const PodView& view) {
  if (!view.server || !view.server->replica || view.source_away) return std::nullopt;
  const ReplicaStatus& replica = *view.server->replica;
  return replica.io.running && replica.sql.running ? replica.lag_seconds : std::nullopt;
}

}  // namespace mysql_agent
