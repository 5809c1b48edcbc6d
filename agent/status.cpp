#include "agent/status.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

namespace mysql_agent {
namespace {

PodView observe(const StatusOptions& options) {
  PodView view;
  view.pod = options.set.pod;
  view.role = options.set.role();
  view.source_host = options.set.source_host();
  view.state = read_state(options.dir.state_file(), view.pod.name);
  look_at_volume(view, options.dir);
  try {
    MysqlClient client(options.login, std::chrono::seconds(5));
    view.server = read_server_facts(client);
  } catch (const Error& error) {
    view.server_error = error.what();
  }
  return view;
}

std::string thread_text(const ReplicationThread& thread) {
  std::string out = thread.running ? "running" : thread.connecting ? "connecting" : "stopped";
  if (thread.error_number != 0) out += ", error " + std::to_string(thread.error_number) + ": " + thread.error;
  return out;
}

}  // namespace

void look_at_volume(PodView& view, const DataDir& dir) {
  view.reclone = read_reclone_request(dir.reclone_request(), view.pod.name);
  view.set_aside = list_set_aside(dir);
}

std::string status_table(const PodView& view, const Verdict& verdict) {
  std::vector<std::pair<const char*, std::string>> lines{{"pod", view.pod.name},
                                                         {"role", role_name(view.role)},
                                                         {"ready", verdict.ready ? "yes" : "no: " + verdict.reason},
                                                         {"data", view.state ? state_name(view.state->state) : "no state"}};
  if (view.state && !view.state->donor.empty())
    lines.emplace_back("cloned from", view.state->donor + " at " + view.state->position.text());
  if (view.reclone)
    lines.emplace_back("reclone", "asked for at " + view.reclone->asked + ", done at the next start" +
                                      (view.reclone->discard ? ", which may remove the old data first" : ""));
  for (const std::string& name : view.set_aside)
    lines.emplace_back("set aside", ".mysql-agent/set-aside/" + name + ", to be removed by hand");
  if (view.server) {
    lines.emplace_back("server", view.server->version.text() + ", server id " + std::to_string(view.server->server_id) +
                                     (view.server->read_only ? ", read only" : ", writable"));
    lines.emplace_back("position", view.server->executed.empty() ? "none" : view.server->executed);
    if (view.server->replica) {
      const ReplicaStatus& replica = *view.server->replica;
      lines.emplace_back("source", replica.source_user + "@" + replica.source_host + ":" + std::to_string(replica.source_port));
      lines.emplace_back("I/O thread", thread_text(replica.io));
      lines.emplace_back("SQL thread", thread_text(replica.sql));
      lines.emplace_back("lag", replica.lag_seconds ? std::to_string(*replica.lag_seconds) + " s" : "not known");
    }
  }
  std::string out;
  for (const auto& [name, value] : lines) {
    std::string label(name);
    label.resize(13, ' ');
    out += label + value + "\n";
  }
  return out;
}

std::string status_json(const PodView& view, const Verdict& verdict) {
  nlohmann::ordered_json json;
  json["pod"] = view.pod.name;
  json["role"] = role_name(view.role);
  json["ready"] = verdict.ready;
  json["reason"] = verdict.reason;
  json["state"] = nullptr;
  json["donor"] = nullptr;
  if (view.state) {
    json["state"] = state_name(view.state->state);
    if (!view.state->donor.empty()) json["donor"] = view.state->donor;
  }
  json["server"] = nullptr;
  json["position"] = nullptr;
  json["replication"] = nullptr;
  if (view.server) {
    json["server"] = {{"flavour", flavour_name(view.server->version.flavour)},
                      {"version", view.server->version.number()},
                      {"uuid", view.server->uuid},
                      {"server_id", view.server->server_id},
                      {"read_only", view.server->read_only}};
    json["position"] = view.server->executed;
    if (view.server->replica) {
      const ReplicaStatus& replica = *view.server->replica;
      const auto thread = [](const ReplicationThread& t) {
        return nlohmann::ordered_json{{"running", t.running}, {"error_number", t.error_number}, {"error", t.error}};
      };
      json["replication"] = {{"state", verdict.replication}, {"source_host", replica.source_host}, {"source_port", replica.source_port},
                             {"io", thread(replica.io)},     {"sql", thread(replica.sql)},         {"lag_seconds", nullptr}};
      if (replica.lag_seconds) json["replication"]["lag_seconds"] = *replica.lag_seconds;
    }
  }
  json["held"] = nullptr;
  if (!view.held.empty()) json["held"] = {{"kind", hold_kind_name(view.held_kind)}, {"reason", view.held}};
  json["waiting"] = nullptr;
  if (!view.wait.empty()) json["waiting"] = view.wait;
  json["reclone"] = nullptr;
  if (view.reclone) json["reclone"] = {{"asked", view.reclone->asked}, {"discard", view.reclone->discard}};
  json["set_aside"] = view.set_aside;
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

bool print_status(const StatusOptions& options) {
  const PodView view = observe(options);
  const Verdict verdict = judge(view, options.max_lag);
  const std::string text = options.output == OutputFormat::json ? status_json(view, verdict) : status_table(view, verdict);
  std::fputs(text.c_str(), stdout);
  return verdict.ready;
}

}  // namespace mysql_agent
