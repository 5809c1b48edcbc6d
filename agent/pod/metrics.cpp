#include "agent/pod/metrics.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <set>
#include <stdexcept>
#include <utility>

#include "agent/pod/deviations.hpp"
#include "common/base/version.hpp"
#include "common/server/gtid.hpp"

namespace mysql_agent {
namespace {

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

// Label values may hold any text: what has a meaning in the format is escaped.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') out += "\\\\";
    else if (c == '"') out += "\\\"";
    else if (c == '\n') out += "\\n";
    else out += c;
  }
  return out;
}

std::string number_text(double value) {
  if (value != value) return "NaN";
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

// Collects the samples of each metric in any order. The text has them in the order of the descriptions.
class Samples {
 public:
  using Labels = std::vector<std::pair<const char*, std::string>>;

  void add(const char* metric, double value, const Labels& labels = {}) {
    add_text(metric, number_text(value), labels);
  }
  void add_count(const char* metric, std::uint64_t value, const Labels& labels = {}) {
    add_text(metric, std::to_string(value), labels);
  }

  std::string text() {
    std::string out;
    for (const MetricDescription& metric : describe_metrics()) {
      const auto lines = lines_.extract(metric.name);
      if (lines.empty()) continue;
      const std::string name = metric.name;
      out += "# HELP " + name + " " + metric.help + "\n# TYPE " + name + " " + metric.type + "\n" + lines.mapped();
    }
    if (!lines_.empty()) throw std::logic_error("the metric " + lines_.begin()->first + " is not described");
    return out;
  }

 private:
  void add_text(const char* metric, const std::string& value, const Labels& labels) {
    std::string line = metric;
    for (std::size_t i = 0; i < labels.size(); ++i)
      line += std::string(i == 0 ? "{" : ",") + labels[i].first + "=\"" + escaped(labels[i].second) + "\"";
    lines_[metric] += line + (labels.empty() ? " " : "} ") + value + "\n";
  }

  std::map<std::string, std::string> lines_;
};

double seconds(std::chrono::milliseconds duration) {
  return static_cast<double>(duration.count()) / 1000;
}

// A series for each possible value, so that no series appears or goes away.
void add_state(Samples& to, const PodView& view) {
  for (const DataState state : all_states)
    to.add("mysql_agent_state", view.state && view.state->state == state ? 1 : 0, {{"state", state_name(state)}});
}

void add_deviations(Samples& to, const PodView& view) {
  std::set<DeviationKind> found;
  for (const Deviation& each : deviations_of(view)) found.insert(each.kind);
  for (const DeviationKind kind : all_deviation_kinds)
    to.add("mysql_agent_deviation", found.contains(kind) ? 1 : 0, {{"kind", deviation_name(kind)}});
}

void add_pod(Samples& to, const MetricFacts& facts) {
  const PodView& view = facts.view;
  to.add("mysql_agent_build_info", 1, {{"version", agent_version()}});
  for (const Role role : {Role::primary, Role::replica})
    to.add("mysql_agent_role", view.role == role ? 1 : 0, {{"role", role_name(role)}});
  add_state(to, view);
  to.add("mysql_agent_ready", facts.verdict.ready() ? 1 : 0);
  if (facts.look_age) to.add("mysql_agent_look_age_seconds", seconds(*facts.look_age));
  to.add("mysql_agent_paused", view.pause ? 1 : 0);
  to.add("mysql_agent_reclone_requested", view.reclone ? 1 : 0);
  to.add_count("mysql_agent_set_aside_directories", view.set_aside.size());
  to.add("mysql_agent_server_up", view.server ? 1 : 0);
  if (view.data_bytes > 0) to.add_count("mysql_agent_data_bytes", view.data_bytes);
  if (!view.server) return;
  const ServerFacts& server = *view.server;
  to.add("mysql_agent_server_info", 1,
         {{"flavour", flavour_name(server.version.flavour)}, {"version", server.version.number()}});
  add_deviations(to, view);
  to.add("mysql_agent_filtered", filters_of(server, view.state).empty() ? 0 : 1);
  if (!server.by_gtid) return;
  try {
    const GtidPosition none = GtidPosition::parse(server.version.flavour, "");
    to.add_count("mysql_agent_transactions_executed_total",
                 GtidPosition::parse(server.version.flavour, server.executed).transactions_beyond(none));
  } catch (const Error&) {
    // An unreadable position has no number.
  }
}

template <typename Names>
void add_by_reason(Samples& to, const char* metric, const Names& names,
                   const std::map<std::string_view, std::uint64_t>& counts) {
  for (const std::string_view name : names) {
    const auto at = counts.find(name);
    to.add_count(metric, at == counts.end() ? 0 : at->second, {{"reason", std::string(name)}});
  }
}

// The clone that this pod received: clone-mysql knows its progress, and writes its outcome to the state.
void add_own_clone(Samples& to, const MetricFacts& facts) {
  const OwnCloneFacts own = facts.own_clone.value_or(OwnCloneFacts());
  add_by_reason(to, "mysql_agent_own_clone_failures_total", own_clone_failure::all, own.failed);
  if (own.expected_bytes > 0) to.add_count("mysql_agent_own_clone_expected_bytes", own.expected_bytes);
  const PodView& view = facts.view;
  if (!view.state || view.state->origin != Origin::clone || view.state->donor.empty()) return;
  to.add("mysql_agent_own_clone_info", 1, {{"donor", view.state->donor}, {"engine", engine_name(view.state->engine)}});
  to.add_count("mysql_agent_own_clone_bytes", view.state->bytes);
  to.add("mysql_agent_own_clone_duration_seconds", seconds(view.state->duration));
}

void add_clones(Samples& to, const MetricFacts& facts) {
  const CloneCounters& clones = facts.clones;
  to.add_count("mysql_agent_clone_slots", facts.clone_slots);
  to.add_count("mysql_agent_clones_active", clones.active);
  to.add_count("mysql_agent_clones_served_total", clones.served);
  add_by_reason(to, "mysql_agent_clones_failed_total", clone_failure::all, clones.failed);
  add_by_reason(to, "mysql_agent_clones_refused_total", clone_refusal::all, clones.refused);
  to.add_count("mysql_agent_clones_sent_bytes_total", clones.sent_bytes);
  to.add("mysql_agent_clones_duration_seconds_total", seconds(clones.duration));
  for (const auto& [code, count] : clones.tool_exits)
    to.add_count("mysql_agent_backup_tool_exits_total", count, {{"code", std::to_string(code)}});
  for (const auto& [reason, count] : facts.refused_connections)
    to.add_count("mysql_agent_clone_connections_refused_total", count, {{"reason", reason}});
}

double lag_of(const MetricFacts& facts) {
  const auto lag = known_lag(facts.view);
  return lag && !(facts.look_age > stale_after) ? static_cast<double>(*lag) : not_known;
}

void add_replication(Samples& to, const MetricFacts& facts) {
  const PodView& view = facts.view;
  for (const HoldKind kind : all_hold_kinds)
    to.add("mysql_agent_replication_held", view.hold && kind_of(view.hold->cause) == kind ? 1 : 0,
           {{"kind", hold_kind_name(kind)}});
  if (view.role != Role::replica) return;
  to.add("mysql_agent_replication_lag_seconds", lag_of(facts));
  to.add("mysql_agent_replication_max_lag_seconds", static_cast<double>(facts.max_lag.count()));
  to.add("mysql_agent_replication_waiting", view.wait ? 1 : 0);
  if (!view.server) return;
  const auto& replica = view.server->replica;
  to.add("mysql_agent_replication_thread_running", replica && replica->io.running ? 1 : 0, {{"thread", "io"}});
  to.add("mysql_agent_replication_thread_running", replica && replica->sql.running ? 1 : 0, {{"thread", "sql"}});
  to.add_count("mysql_agent_replication_diverged_transactions", view.diverged);
  for (const OtherChannel& channel : view.server->other_channels)
    to.add("mysql_agent_replication_other_channel_running", channel.running ? 1 : 0, {{"channel", channel.name}});
  to.add_count("mysql_agent_healed_transactions_total", view.healed);
}

}  // namespace

const std::vector<MetricDescription>& describe_metrics() {
  static const std::vector<MetricDescription> metrics{
      {"mysql_agent_build_info", "gauge", "version", "always 1; which mysql-agent this is"},
      {"mysql_agent_role", "gauge", "role", "1 for the pod's role, primary or replica, 0 for the other"},
      {"mysql_agent_state", "gauge", "state", "1 for the state of the data directory, 0 for the others"},
      {"mysql_agent_ready", "gauge", "", "1 where /readyz says 200"},
      {"mysql_agent_look_age_seconds", "gauge", "",
       "time since the sidecar's latest look at state and server; it grows where the server hangs"},
      {"mysql_agent_paused", "gauge", "", "1 where a person paused the sidecar: it detects, and changes nothing"},
      {"mysql_agent_reclone_requested", "gauge", "",
       "1 where a new clone is asked for, at the next start of clone-mysql"},
      {"mysql_agent_set_aside_directories", "gauge", "", "data that was replaced, and waits to be removed by hand"},
      {"mysql_agent_server_up", "gauge", "", "1 where the pod's server answered at the latest look"},
      {"mysql_agent_server_info", "gauge", "flavour, version", "1; which server answered"},
      {"mysql_agent_deviation", "gauge", "kind",
       "1 where the running server, or its data, is not what the agent relies on; absent where the server does not "
       "answer"},
      {"mysql_agent_filtered", "gauge", "",
       "1 where a replication or binary log filter is set: the pod is no donor, for it leaves something out"},
      {"mysql_agent_transactions_executed_total", "counter", "",
       "transactions that the server has, as its GTIDs number them; absent without GTIDs"},
      {"mysql_agent_data_bytes", "gauge", "",
       "what a clone of this pod would carry, estimated from its files, a minute old at most"},
      {"mysql_agent_own_clone_info", "gauge", "donor, engine",
       "1; from which pod this pod's data was cloned, or is being cloned, and how; absent where it was not"},
      {"mysql_agent_own_clone_bytes", "gauge", "", "bytes of that clone, or of it so far"},
      {"mysql_agent_own_clone_duration_seconds", "gauge", "", "how long its transfer took, or has taken so far"},
      {"mysql_agent_own_clone_expected_bytes", "gauge", "",
       "the donor's estimate of the clone's bytes, while it is received"},
      {"mysql_agent_own_clone_failures_total", "counter", "reason",
       "clones of this pod's own that failed, since this clone-mysql started: connection, stalled, refused or "
       "transfer; a sidecar says 0"},
      {"mysql_agent_clone_slots", "gauge", "", "clones that may be served at once"},
      {"mysql_agent_clones_active", "gauge", "", "clones that are being served as a stream"},
      {"mysql_agent_clones_served_total", "counter", "", "clones that were served to the end, and well"},
      {"mysql_agent_clones_failed_total", "counter", "reason",
       "clones that began and failed: tool, recipient_gone, stalled, connection or not_fit_any_more"},
      {"mysql_agent_clones_refused_total", "counter", "reason",
       "clones that were not begun: not_fit, other_engine or busy"},
      {"mysql_agent_clones_sent_bytes_total", "counter", "", "bytes of clones, counted as they are sent"},
      {"mysql_agent_clones_duration_seconds_total", "counter", "",
       "time that the clones took that have ended, well or not"},
      {"mysql_agent_backup_tool_exits_total", "counter", "code",
       "ends of the backup tool by exit code; 128 and the number where a signal ended it"},
      {"mysql_agent_clone_connections_refused_total", "counter", "reason",
       "connections to the clone port that did not prove themselves, by what was wrong"},
      {"mysql_agent_replication_held", "gauge", "kind",
       "1 where replication is held until a person has looked: state, position, diverged, purged, other_set or error"},
      {"mysql_agent_replication_lag_seconds", "gauge", "",
       "how far a replica is behind; NaN where that is not known: a thread does not run, the server hangs, or the "
       "primary's sidecar does not say that the primary is up"},
      {"mysql_agent_replication_max_lag_seconds", "gauge", "", "--max-lag: above it a replica is not ready"},
      {"mysql_agent_replication_waiting", "gauge", "",
       "1 where a replica waits to start replication until the primary is up"},
      {"mysql_agent_replication_thread_running", "gauge", "thread",
       "1 where this thread of a replica runs, io or sql; absent where the server does not answer"},
      {"mysql_agent_replication_diverged_transactions", "gauge", "",
       "transactions that the replica has and its primary has not"},
      {"mysql_agent_replication_other_channel_running", "gauge", "channel",
       "1 where a source that the replica has beside the agent's, by its name, runs; absent where there is none"},
      {"mysql_agent_healed_transactions_total", "counter", "",
       "transactions of a replica's own that changed nothing and were healed, since its sidecar's start"},
  };
  return metrics;
}

std::string metrics_text(const MetricFacts& facts) {
  Samples samples;
  add_pod(samples, facts);
  add_own_clone(samples, facts);
  if (facts.own_clone) return samples.text();
  add_clones(samples, facts);
  add_replication(samples, facts);
  return samples.text();
}

}  // namespace mysql_agent
