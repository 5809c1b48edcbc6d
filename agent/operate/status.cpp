#include "agent/operate/status.hpp"

#include <cstdio>
#include <utility>
#include <vector>

#include "agent/pod/deviations.hpp"
#include "common/base/error.hpp"
#include "common/server/dialect.hpp"

namespace mysql_agent {
namespace {

PodView observe(const StatusOptions& options) {
  PodView view = new_pod_view(options.set);
  view.state = read_state(options.dir.state_file(), view.pod.name);
  look_at_volume(view, options.dir);
  view.pause = read_pause_request(options.dir.pause_request(), view.pod.name);
  look_at_server(view, options.login);
  return view;
}

// The sidecar's, or clone-mysql's while that runs.
std::optional<StatusReport> ask_agent(const StatusOptions& options) {
  try {
    return ask_status(options.set.pod.name, options.http_host, options.http_port);
  } catch (const Error&) {
    return std::nullopt;  // the volume and the server are left to look at
  }
}

std::string thread_text(const ReplicationThread& thread) {
  std::string out = thread.running ? "running" : thread.connecting ? "connecting" : "stopped";
  if (thread.failed()) out += ", error " + std::to_string(thread.error_number) + ": " + thread.error;
  return out;
}

std::string ready_text(const StatusReport& report) {
  if (!report.ready) return "no: " + report.reason;
  if (!report.goes_on_without_source()) return "yes";
  return "yes; without its source for " +
         std::to_string(report.not_followed_for.value_or(std::chrono::seconds(0)).count()) + " s" +
         (report.waiting.empty() ? "" : "; " + report.waiting);
}

}  // namespace

std::string status_table(const PodView& view, const StatusReport& report) {
  std::vector<std::pair<const char*, std::string>> lines{
      {"pod", view.pod.name},
      {"role", role_name(view.role)},
      {"ready", ready_text(report)},
      {"data", view.state ? state_name(view.state->state) : "no state"}};
  if (view.state && !view.state->donor.empty())
    lines.emplace_back("cloned from", view.state->donor + " at " + view.state->position.text());
  if (report.paused) lines.emplace_back("paused", paused_text(*report.paused, nullptr));
  if (view.reclone)
    lines.emplace_back("reclone", "asked for at " + view.reclone->asked + ", done at the next start" +
                                      (view.reclone->discard ? ", which may remove the old data first" : ""));
  for (const std::string& name : view.set_aside)
    lines.emplace_back("set aside", ".mysql-agent/set-aside/" + name + ", to be removed by hand");
  if (view.state)
    for (const std::string& table : view.state->emptied)
      lines.emplace_back("emptied", table + ": a restart emptied this MEMORY table, and it lacks the primary's rows");
  if (view.server) {
    lines.emplace_back("server", view.server->version.text() + ", server id " + std::to_string(view.server->server_id) +
                                     (view.server->read_only ? ", read only" : ", writable"));
    if (const std::string filters = filters_of(*view.server, view.state); !filters.empty())
      lines.emplace_back("leaves out", filters + "; no donor");
    for (const Deviation& deviation : deviations_of(view)) lines.emplace_back("differs", deviation_text(deviation));
    if (!view.server->init_file.empty())
      lines.emplace_back("init_file", view.server->init_file + ", which the server runs at each start" +
                                          (view.role == Role::replica ? "; what it writes here differs" : ""));
    lines.emplace_back("position", view.server->executed.empty() ? "none" : view.server->executed);
    if (view.server->replica) {
      const ReplicaStatus& replica = *view.server->replica;
      lines.emplace_back("source",
                         replica.source_user + "@" + replica.source_host + ":" + std::to_string(replica.source_port));
      lines.emplace_back("I/O thread", thread_text(replica.io));
      lines.emplace_back(
          "SQL thread",
          thread_text(replica.sql) +
              (replica.delay_seconds == 0 ? "" : ", delayed by " + std::to_string(replica.delay_seconds) + " s"));
      const auto lag = known_lag(view);
      lines.emplace_back("lag", lag ? std::to_string(*lag) + " s" : "not known");
    }
    // One that does not run is told above.
    for (const OtherChannel& channel : view.server->other_channels)
      if (channel.running) lines.emplace_back("beside", other_channel_text(channel));
  }
  std::string out;
  for (const auto& [name, value] : lines) {
    std::string label(name);
    label.resize(13, ' ');
    out += label + value + "\n";
  }
  return out;
}

bool print_status(const StatusOptions& options) {
  PodView view = observe(options);
  const auto agent = ask_agent(options);
  if (agent && view.server) {
    view.told_deviations = agent->deviations;
    // The sidecar knows what the primary has told. The server may not know that it lacks something.
    if (view.server->replica && agent->lag_seconds) view.missing_for = std::chrono::seconds(*agent->lag_seconds);
  }
  // The sidecar's last look may be two seconds old. A server that has gone since is not ready.
  const bool agent_knows = agent && (view.server || !agent->ready);
  const StatusReport report =
      agent_knows ? *agent : read_status_report(view.pod.name, status_json(view, judge(view, options.limits)));
  const std::string text = options.output == OutputFormat::json ? report.json : status_table(view, report);
  std::fputs(text.c_str(), stdout);
  return report.ready;
}

}  // namespace mysql_agent
