#include "agent/operate/status.hpp"

#include <cstdio>
#include <utility>
#include <vector>

#include "agent/pod/status_report.hpp"
#include "common/base/error.hpp"
#include "common/server/dialect.hpp"

namespace mysql_agent {
namespace {

PodView observe(const StatusOptions& options) {
  PodView view = new_pod_view(options.set);
  view.state = read_state(options.dir.state_file(), view.pod.name);
  look_at_volume(view, options.dir);
  look_at_server(view, options.login);
  if (!view.server || !view.server->replica || view.server->replica->io.running) return view;
  try {
    const StatusReport report = ask_status(view.pod.name, options.http_host, options.http_port);
    view.source_away = report.source_away;
    view.not_followed_for = report.not_followed_for;
    if (!report.waiting.empty()) view.wait = Wait{.kind = WaitKind::told, .detail = report.waiting};
  } catch (const Error&) {
    // Without the sidecar nobody knows for how long the source is away. The pod then is not ready.
  }
  return view;
}

std::string thread_text(const ReplicationThread& thread) {
  std::string out = thread.running ? "running" : thread.connecting ? "connecting" : "stopped";
  if (thread.error_number != 0) out += ", error " + std::to_string(thread.error_number) + ": " + thread.error;
  return out;
}

std::string ready_text(const PodView& view, const Verdict& verdict) {
  if (!verdict.ready()) return "no: " + verdict.reason;
  if (verdict.kind != Readiness::ready_without_source) return "yes";
  return "yes; without its source for " + std::to_string(view.not_followed_for->count()) + " s" +
         (view.wait ? "; " + wait_text(*view.wait) : "");
}

}  // namespace

std::string status_table(const PodView& view, const Verdict& verdict) {
  std::vector<std::pair<const char*, std::string>> lines{
      {"pod", view.pod.name},
      {"role", role_name(view.role)},
      {"ready", ready_text(view, verdict)},
      {"data", view.state ? state_name(view.state->state) : "no state"}};
  if (view.state && !view.state->donor.empty())
    lines.emplace_back("cloned from", view.state->donor + " at " + view.state->position.text());
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
    if (!view.server->filters.empty()) lines.emplace_back("leaves out", view.server->filters + "; no donor");
    if (view.role == Role::replica && view.server->log_bin && !view.server->logs_replicated)
      lines.emplace_back("binary log", "without what came by replication: " +
                                           Dialect(view.server->version).logs_replicated_option() + "=OFF; no donor");
    lines.emplace_back("position", view.server->executed.empty() ? "none" : view.server->executed);
    if (view.server->replica) {
      const ReplicaStatus& replica = *view.server->replica;
      lines.emplace_back("source",
                         replica.source_user + "@" + replica.source_host + ":" + std::to_string(replica.source_port));
      lines.emplace_back("I/O thread", thread_text(replica.io));
      lines.emplace_back("SQL thread", thread_text(replica.sql));
      const auto lag = known_lag(view);
      lines.emplace_back("lag", lag ? std::to_string(*lag) + " s" : "not known");
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

bool print_status(const StatusOptions& options) {
  const PodView view = observe(options);
  const Verdict verdict = judge(view, options.limits);
  const std::string text =
      options.output == OutputFormat::json ? status_json(view, verdict) : status_table(view, verdict);
  std::fputs(text.c_str(), stdout);
  return verdict.ready();
}

}  // namespace mysql_agent
