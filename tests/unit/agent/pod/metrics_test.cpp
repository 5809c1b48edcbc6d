#include "agent/pod/metrics.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "common/base/version.hpp"
#include "tests/support/captured.hpp"
#include "tests/unit/pod_view.hpp"

using namespace mysql_agent;
using namespace std::chrono_literals;
using test::lines_of;
using test::ready_primary;
using test::ready_replica;

namespace {

std::string text_of(const PodView& view, std::chrono::milliseconds age = 1500ms) {
  const Verdict verdict = judge(view, {30s, 0s});
  return metrics_text({view, verdict, age, 30s, {}, 1, {}});
}

// The sample's value, `NaN` and the like as they stand there; empty where there is none.
std::string value_of(const std::string& text, const std::string& series) {
  for (const std::string& line : lines_of(text))
    if (line.starts_with(series + " ")) return line.substr(series.size() + 1);
  return "";
}

std::string value_of(const PodView& view, const std::string& series) {
  return value_of(text_of(view), "mysql_agent_" + series);
}

}  // namespace

TEST_CASE("a metric's text has its help, its type and its samples together") {
  CHECK_THAT(text_of(ready_replica()), Catch::Contains("# HELP mysql_agent_replication_thread_running 1 where this "
                                                       "thread of a replica runs, io or sql; absent where the "
                                                       "server does not answer\n"
                                                       "# TYPE mysql_agent_replication_thread_running gauge\n"
                                                       "mysql_agent_replication_thread_running{thread=\"io\"} 1\n"
                                                       "mysql_agent_replication_thread_running{thread=\"sql\"} 1\n"
                                                       "# HELP "));
}

TEST_CASE("a replica that does its work, in numbers") {
  const PodView view = ready_replica();
  CHECK(value_of(view, "build_info{version=\"" + agent_version() + "\"}") == "1");
  CHECK(value_of(view, "role{role=\"replica\"}") == "1");
  CHECK(value_of(view, "role{role=\"primary\"}") == "0");
  CHECK(value_of(view, "state{state=\"replicating\"}") == "1");
  CHECK(value_of(view, "state{state=\"cloning\"}") == "0");
  CHECK(value_of(view, "ready") == "1");
  CHECK(value_of(view, "look_age_seconds") == "1.5");
  CHECK(value_of(view, "server_up") == "1");
  CHECK(value_of(view, "server_info{flavour=\"mariadb\",version=\"10.11.19\"}") == "1");
  CHECK(value_of(view, "transactions_executed_total") == "9");
  CHECK(value_of(view, "data_bytes") == "3100000000");
  CHECK(value_of(view, "replication_lag_seconds") == "1");
  CHECK(value_of(view, "replication_max_lag_seconds") == "30");
  CHECK(value_of(view, "replication_held{kind=\"purged\"}") == "0");
  CHECK(value_of(view, "replication_diverged_transactions") == "0");
  CHECK(value_of(view, "clone_slots") == "1");
}

TEST_CASE("a filter is told") {
  PodView view = ready_replica();
  CHECK(value_of(view, "filtered") == "0");
  view.server->filters = "replicate_ignore_db=logs";
  CHECK(value_of(view, "filtered") == "1");
}

TEST_CASE("a primary has no replication to speak of") {
  const std::string text = text_of(ready_primary());
  CHECK_THAT(text,
             !Catch::Contains("_lag_seconds") && !Catch::Contains("_thread_running") && !Catch::Contains("_diverged_"));
  CHECK(value_of(text, "mysql_agent_ready") == "1");
  CHECK(value_of(text, "mysql_agent_replication_held{kind=\"state\"}") == "0");
}

TEST_CASE("a lag that is not known is NaN, never a false 0") {
  PodView idle = ready_replica();
  idle.server->replica->lag_seconds = 0;
  CHECK(value_of(idle, "replication_lag_seconds") == "0");
  CHECK(value_of(text_of(idle, 14s), "mysql_agent_replication_lag_seconds") == "0");
  CHECK(value_of(text_of(idle, 16s), "mysql_agent_replication_lag_seconds") == "NaN");
  PodView away = idle;
  away.source_away = true;
  CHECK(value_of(away, "replication_lag_seconds") == "NaN");
  PodView null = idle;
  null.server->replica->lag_seconds.reset();
  CHECK(value_of(null, "replication_lag_seconds") == "NaN");
  PodView connecting = idle;
  connecting.server->replica->io = {false, true, 2003, "no connection"};
  CHECK(value_of(connecting, "replication_lag_seconds") == "NaN");
  PodView stopped = idle;
  stopped.server->replica->sql.running = false;
  CHECK(value_of(stopped, "replication_lag_seconds") == "NaN");
  PodView down = idle;
  down.server.reset();
  CHECK(value_of(down, "replication_lag_seconds") == "NaN");
  CHECK(value_of(down, "replication_thread_running{thread=\"io\"}").empty());
  CHECK(value_of(down, "server_up") == "0");
}

TEST_CASE("what holds replication is told by its kind") {
  PodView view = ready_replica();
  view.hold = test::hold_of(HoldKind::diverged);
  view.diverged = 3;
  CHECK(value_of(view, "replication_held{kind=\"diverged\"}") == "1");
  CHECK(value_of(view, "replication_held{kind=\"purged\"}") == "0");
  CHECK(value_of(view, "replication_diverged_transactions") == "3");
  CHECK(value_of(view, "ready") == "0");
  view = ready_replica();
  view.wait = Wait{.kind = WaitKind::primary_not_up, .detail = "it starts"};
  CHECK(value_of(view, "replication_waiting") == "1");
  CHECK(value_of(view, "replication_held{kind=\"state\"}") == "0");
}

TEST_CASE("the pod's own clone is told as the state has it") {
  PodView view = ready_replica();
  view.state->bytes = 12'345;
  view.state->duration = 61'250ms;
  view.state->engine = Engine::clone_plugin;
  CHECK(value_of(view, "own_clone_info{donor=\"mysql-0\",engine=\"clone-plugin\"}") == "1");
  CHECK(value_of(view, "own_clone_bytes") == "12345");
  CHECK(value_of(view, "own_clone_duration_seconds") == "61.25");
  view.state->origin = Origin::adopt;
  // A sidecar knows of no failures, and the series is there.
  CHECK(value_of(view, "own_clone_failures_total{reason=\"stalled\"}") == "0");
  CHECK(value_of(view, "own_clone_expected_bytes").empty());
  CHECK_THAT(text_of(view), !Catch::Contains("own_clone_info") && !Catch::Contains("own_clone_bytes") &&
                                !Catch::Contains("own_clone_duration"));
}

TEST_CASE("what the clone port did is counted") {
  const PodView view = ready_replica();
  const Verdict verdict = judge(view, {30s, 0s});
  CloneCounters clones;
  clones.active = 2;
  clones.served = 7;
  clones.failed[clone_failure::stalled] = 1;
  clones.refused[clone_refusal::busy] = 4;
  clones.sent_bytes = 5'000'000'000;
  clones.duration = 90s;
  clones.tool_exits = {{0, 7}, {137, 1}};
  const std::string text = metrics_text({view, verdict, std::nullopt, 30s, clones, 3, {{"it has another secret", 5}}});
  const auto value = [&](const std::string& series) { return value_of(text, "mysql_agent_" + series); };
  CHECK(value("clones_active") == "2");
  CHECK(value("clones_served_total") == "7");
  CHECK(value("clones_failed_total{reason=\"stalled\"}") == "1");
  CHECK(value("clones_failed_total{reason=\"tool\"}") == "0");
  CHECK(value("clones_refused_total{reason=\"busy\"}") == "4");
  CHECK(value("clones_refused_total{reason=\"not_fit\"}") == "0");
  CHECK(value("clones_sent_bytes_total") == "5000000000");
  CHECK(value("clones_duration_seconds_total") == "90");
  CHECK(value("backup_tool_exits_total{code=\"137\"}") == "1");
  CHECK(value("clone_connections_refused_total{reason=\"it has another secret\"}") == "5");
  CHECK(value("look_age_seconds").empty());
}

TEST_CASE("label values are escaped") {
  PodView view = ready_replica();
  view.state->donor = "a\"b\\c\nd";
  CHECK_THAT(text_of(view),
             Catch::Contains("mysql_agent_own_clone_info{donor=\"a\\\"b\\\\c\\nd\",engine=\"xtrabackup\"} 1\n"));
}

TEST_CASE("nothing that is known of a pod keeps its metrics from being told") {
  PodView view;
  view.pod.name = "mysql-1";
  CHECK(value_of(view, "ready") == "0");
  CHECK(value_of(view, "state{state=\"primary\"}") == "0");
  view = ready_replica();
  view.server->executed = "nonsense";
  CHECK(value_of(view, "transactions_executed_total").empty());
  CHECK(value_of(view, "server_up") == "1");
}

TEST_CASE("what a server differs in, in numbers") {
  PodView view = ready_replica();
  view.server->log_bin = false;
  CHECK(value_of(view, "deviation{kind=\"log_bin\"}") == "1");
  CHECK(value_of(view, "deviation{kind=\"binlog_format\"}") == "0");
  view.server->other_channels = {{"a_feed", "elsewhere:3306", false, ""}, {"b_feed", "there:3306", true, ""}};
  CHECK(value_of(view, "replication_other_channel_running{channel=\"a_feed\"}") == "0");
  CHECK(value_of(view, "replication_other_channel_running{channel=\"b_feed\"}") == "1");
}

TEST_CASE("each metric has a name, a type and a help of its own") {
  std::set<std::string> names;
  for (const MetricDescription& metric : describe_metrics()) {
    INFO(metric.name);
    CHECK(names.insert(metric.name).second);
    const std::string name = metric.name;
    CHECK(name.starts_with("mysql_agent_"));
    CHECK(name.ends_with("_total") == (metric.type == std::string("counter")));
    CHECK((metric.type == std::string("counter") || metric.type == std::string("gauge")));
    CHECK_THAT(metric.help, !Catch::Contains("\n") && !Catch::Contains("\\"));
  }
}
