#include <catch2/catch.hpp>

#include "agent/pod/probes.hpp"
#include "tests/support/metrics.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
using namespace std::chrono_literals;

TEST_CASE("promtool has nothing to say about the metrics, and they say what happened", "[family]") {
  TestSet set;
  set.start_pod(0);
  set.make_rows(100);
  set.wait_clonable(0);
  set.start_pod(1);
  for (const int ordinal : {0, 1}) {
    check_by_promtool(set.probe(ordinal, "/metrics").body);
    CHECK(metric(set, ordinal, "ready") == "1");
    CHECK(metric(set, ordinal, "server_up") == "1");
  }
  CHECK(metric(set, 0, "state{state=\"primary\"}") == "1");
  CHECK(metric(set, 0, "replication_lag_seconds").empty());
  CHECK(metric(set, 1, "state{state=\"replicating\"}") == "1");
  CHECK(metric(set, 1, "replication_thread_running{thread=\"sql\"}") == "1");
  CHECK(metric(set, 1, "replication_diverged_transactions") == "0");
  // The replica's sidecar asks the primary's sidecar every few seconds.
  CHECK(eventually(10s, [&] { return metric(set, 1, "replication_lag_seconds") == "0"; }));
  CHECK(eventually(10s, [&] {
    return metric(set, 0, "transactions_executed_total") == metric(set, 1, "transactions_executed_total");
  }));
  CHECK(std::stoull(metric(set, 0, "transactions_executed_total")) > 0);
  CHECK(std::stoull(metric(set, 1, "own_clone_bytes")) > 1'000'000);
  const bool stream = set.kind().has_backup_tool();
  CHECK(metric(set, 1,
               std::string("own_clone_info{donor=\"mysql-0\",engine=\"") + (stream ? "xtrabackup" : "clone-plugin") +
                   "\"}") == "1");
  CHECK(metric(set, 0, "clones_served_total") == (stream ? "1" : "0"));
  if (!stream) return;
  CHECK(metric(set, 0, "clones_sent_bytes_total") == metric(set, 1, "own_clone_bytes"));
  CHECK(metric(set, 0, "backup_tool_exits_total{code=\"0\"}") == "1");
}

TEST_CASE("a replica whose source is away does not say that it is 0 s behind", "[once]") {
  TestSet set;
  set.start_pods(2);
  REQUIRE(eventually(10s, [&] { return metric(set, 1, "replication_lag_seconds") == "0"; }));
  // The primary's server and the replica's I/O thread go on, as in a network that loses all packets.
  set.stop_sidecar(0);
  CHECK(eventually(15s, [&] { return metric(set, 1, "replication_lag_seconds") == "NaN"; }));
  CHECK(metric(set, 1, "replication_thread_running{thread=\"io\"}") == "1");
  set.stop_server(0);
  CHECK(eventually(15s, [&] { return metric(set, 1, "replication_waiting") == "1"; }));
  CHECK(metric(set, 1, "replication_lag_seconds") == "NaN");
  CHECK(metric(set, 1, "server_up") == "1");
}

TEST_CASE("whom the clone port refuses is counted by what was wrong", "[once]") {
  TestSet set;
  set.start_pod(0);
  CHECK_THROWS(http_get(set.address(0), set.clone_port(), "/v1/clone", 5s, nullptr));
  CHECK(eventually(
      5s, [&] { return metric(set, 0, "clone_connections_refused_total{reason=\"it does not speak TLS\"}") == "1"; }));
  CHECK(metric(set, 0, "clones_active") == "0");
}

TEST_CASE("the startup probe follows the server, and nothing else", "[once]") {
  TestSet set;
  set.start_pods(2);
  CHECK(set.probe(1, startup_path).body == "ok\n");
  set.sql(1, "STOP SLAVE SQL_THREAD");
  CHECK(set.probe(1, startup_path).status == 200);
  // The answer changes at once, not at the sidecar's next look: a server that was just started must not pass for the
  // server that died.
  set.stop_server(1, SIGKILL);
  const HttpAnswer dead = set.probe(1, startup_path);
  CHECK(dead.status == 503);
  CHECK_THAT(dead.body, Catch::StartsWith("the server does not answer yet: "));
  CHECK(set.probe(1, "/livez").status == 200);
  set.start_server(1);
  CHECK(eventually(60s, [&] { return set.probe(1, startup_path).status == 200; }));
  // A server that refuses the login of the agent has started too.
  set.stop_sidecar(1);
  write_text(set.dir(1) / "wrong", "not the password");
  set.start_sidecar(1, {"--mysql-password-file", (set.dir(1) / "wrong").string()});
  CHECK(eventually(10s, [&] { return set.probe(1, startup_path).status == 200; }));
  CHECK(set.probe(1, "/readyz").status == 503);
}
