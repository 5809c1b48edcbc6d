#include "agent/pod/status_report.hpp"

#include "agent/pod/deviations.hpp"
#include "common/base/error.hpp"
#include "common/base/json.hpp"
#include "common/base/units.hpp"
#include "common/base/version.hpp"
#include "common/net/http_client.hpp"

namespace mysql_agent {
namespace {

constexpr std::chrono::milliseconds ask_timeout{2000};

Json thread_json(const ReplicationThread& thread) {
  return {{"running", thread.running}, {"error_number", thread.error_number}, {"error", thread.error}};
}

Json replication_json(const PodView& view, const Verdict& verdict) {
  const ReplicaStatus& replica = *view.server->replica;
  Json json{{"state", replication_state_name(verdict.replication)},
            {"source_host", replica.source_host},
            {"source_port", replica.source_port},
            {"io", thread_json(replica.io)},
            {"sql", thread_json(replica.sql)},
            {"lag_seconds", nullptr}};
  if (const auto lag = known_lag(view)) json["lag_seconds"] = *lag;
  return json;
}

// A field that is null and a field that is missing are read alike.
std::string text_of(const Json& json, const char* name) {
  const auto at = json.find(name);
  return at == json.end() || at->is_null() ? std::string() : at->get<std::string>();
}

template <typename T>
std::optional<T> number_of(const Json& json, const char* name) {
  const auto at = json.find(name);
  if (at == json.end() || at->is_null()) return std::nullopt;
  return whole_number<T>(*at);
}

std::optional<ReplicationState> replication_state_of(const std::string& name) {
  using enum ReplicationState;
  for (const ReplicationState state : {none, running, connecting, stopped, error, unknown})
    if (name == replication_state_name(state)) return state;
  return std::nullopt;
}

// Kinds that this version does not know are another version's, and so are their sentences.
std::vector<Deviation> deviations_in(const Json& json) {
  std::vector<Deviation> out;
  const auto at = json.find("deviations");
  if (at == json.end() || !at->is_array()) return out;
  for (const Json& each : *at)
    if (const auto kind = deviation_kind_of(text_of(each, "kind"))) out.push_back({*kind, text_of(each, "detail")});
  return out;
}

}  // namespace

std::string status_json(const PodView& view, const Verdict& verdict) {
  Json json{
      {"pod", view.pod.name}, {"role", role_name(view.role)}, {"ready", verdict.ready()}, {"reason", verdict.reason}};
  json["agent"] = agent_version();
  json["look_age_ms"] = nullptr;
  if (view.looked != std::chrono::steady_clock::time_point()) json["look_age_ms"] = since(view.looked).count();
  for (const char* name :
       {"state", "donor", "server", "position", "replication", "held", "waiting", "clone_mysql", "paused"})
    json[name] = nullptr;
  json["source_away"] = view.source_away;
  json["not_followed_seconds"] = nullptr;
  json["reclone"] = nullptr;
  json["set_aside"] = view.set_aside;
  json["other_channels"] = Json::array();
  json["deviations"] = Json::array();
  for (const Deviation& deviation : deviations_of(view))
    json["deviations"].push_back(
        {{"kind", deviation_name(deviation.kind)}, {"detail", deviation.detail}, {"text", deviation_text(deviation)}});
  json["emptied_tables"] = view.state ? view.state->emptied : std::vector<std::string>();
  if (view.state) {
    json["state"] = state_name(view.state->state);
    if (!view.state->donor.empty()) json["donor"] = view.state->donor;
  }
  if (view.server) {
    json["server"] = {{"flavour", flavour_name(view.server->version.flavour)},
                      {"version", view.server->version.number()},
                      {"uuid", view.server->uuid},
                      {"server_id", view.server->server_id},
                      {"read_only", view.server->read_only},
                      {"logs_replicated", view.server->logs_replicated},
                      {"filters", filters_of(*view.server, view.state)},
                      {"init_file", view.server->init_file}};
    json["position"] = view.server->executed;
    for (const OtherChannel& channel : view.server->other_channels)
      json["other_channels"].push_back(
          {{"name", channel.name}, {"source", channel.source}, {"running", channel.running}, {"error", channel.error}});
    if (view.server->replica) json["replication"] = replication_json(view, verdict);
  }
  if (view.hold)
    json["held"] = {{"kind", hold_kind_name(kind_of(view.hold->cause))}, {"reason", hold_text(*view.hold)}};
  if (!view.clone_activity.empty()) json["clone_mysql"] = view.clone_activity;
  if (view.wait) json["waiting"] = wait_text(*view.wait);
  if (view.pause) {
    json["paused"] = {{"asked", view.pause->asked}, {"until", nullptr}};
    if (view.pause->until) json["paused"]["until"] = *view.pause->until;
  }
  if (view.not_followed_for) json["not_followed_seconds"] = view.not_followed_for->count();
  if (view.reclone) json["reclone"] = {{"asked", view.reclone->asked}, {"discard", view.reclone->discard}};
  return json_text(json, 2) + "\n";
}

StatusReport read_status_report(const std::string& pod, const std::string& text) try {
  const auto json = parse_json(text);
  StatusReport report;
  report.pod = json.at("pod").get<std::string>();
  if (report.pod != pod)
    throw failed("it says that it is the pod " + printable(report.pod) + ", expected " + pod, "check --peer-host");
  report.json = text;
  report.ready = json.at("ready").get<bool>();
  report.reason = text_of(json, "reason");
  report.role = text_of(json, "role");
  report.state = text_of(json, "state");
  report.donor = text_of(json, "donor");
  report.position = text_of(json, "position");
  report.waiting = text_of(json, "waiting");
  report.clone_activity = text_of(json, "clone_mysql");
  report.agent = text_of(json, "agent");
  report.look_age_ms = number_of<std::uint64_t>(json, "look_age_ms");
  if (const auto at = json.find("server"); at != json.end() && at->is_object())
    report.server = text_of(*at, "flavour") + " " + text_of(*at, "version");
  if (const auto at = json.find("replication"); at != json.end() && at->is_object()) {
    report.lag_seconds = number_of<std::uint64_t>(*at, "lag_seconds");
    report.replication = replication_state_of(text_of(*at, "state"));
  }
  if (const auto at = json.find("held"); at != json.end() && at->is_object()) {
    report.held = text_of(*at, "reason");
    report.held_kind = hold_kind_of(text_of(*at, "kind"));
  }
  if (const auto at = json.find("paused"); at != json.end() && at->is_object())
    report.paused =
        PauseRequest{.pod = report.pod, .asked = text_of(*at, "asked"), .until = number_of<std::int64_t>(*at, "until")};
  report.deviations = deviations_in(json);
  report.source_away = json.value("source_away", false);
  if (const auto seconds = number_of<std::uint32_t>(json, "not_followed_seconds"))
    report.not_followed_for = std::chrono::seconds(*seconds);
  return report;
} catch (const Error&) {
  throw;
} catch (const std::exception& error) {
  throw failed("its answer is not that of a sidecar: " + printable(error.what()), "check what listens there");
}

StatusReport ask_status(const std::string& pod, const std::string& host, std::uint16_t port,
                        const std::string& lookup) {
  const HttpAnswer answer = http_get(host, port, status_path, ask_timeout, nullptr, lookup);
  if (answer.status != 200)
    throw failed("it answered with HTTP status " + std::to_string(answer.status), "check what listens there");
  return read_status_report(pod, answer.body);
}

std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
}

}  // namespace mysql_agent
