#include <catch2/catch.hpp>

#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

TEST_CASE("agents and servers restart while a writer goes on, and no row is lost or doubled") {
  TestSet set;
  set.start_pod(0);
  set.make_rows(100);
  set.start_pod(1);
  Writer writer(set);
  const auto goes_on = [&] {
    set.wait_ready(0);
    set.wait_ready(1);
    const int before = writer.rows();
    CHECK(eventually(std::chrono::seconds(30), [&] { return writer.rows() > before + 20; }));
  };
  INFO("the replica's sidecar");
  set.stop_sidecar(1);
  set.start_sidecar(1);
  goes_on();
  INFO("the replica's server: it comes up stopped, and the sidecar starts replication again");
  set.stop_server(1);
  set.wait_not_ready(1, "the server does not answer");
  CHECK(set.probe(1, "/livez").status == 200);
  set.start_server(1);
  goes_on();
  INFO("the replica's server, killed");
  set.stop_server(1, SIGKILL);
  set.wait_not_ready(1, "the server does not answer");
  set.start_server(1);
  goes_on();
  INFO("both, killed");
  set.stop_pod(1, SIGKILL);
  set.start_pod(1);
  goes_on();
  INFO("the primary's server, killed");
  set.stop_server(0, SIGKILL);
  set.wait_not_ready(0, "the server does not answer");
  // The server stays away for the time of several attempts.
  CHECK_FALSE(eventually(std::chrono::seconds(15), [&] {
    return set.probe(1, "/readyz").status == 200 && set.probe(0, "/readyz").status == 200;
  }));
  CHECK_THAT(set.probe(1, "/readyz").body, Catch::StartsWith("ok; without its source for "));
  set.start_server(0);
  goes_on();
  writer.stop();
  set.expect_same_rows(1);
}

TEST_CASE("liveness does not depend on replication, and readiness says its reason", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);

  SECTION("a stopped replica is started again") {
    set.sql(1, "STOP REPLICA");
    set.make_rows(10);
    set.expect_same_rows(1);
  }
  SECTION("a replica goes on while its primary is away, for as long as it may") {
    set.stop_sidecar(1);
    set.start_sidecar(1, {"--max-source-absence", "10s"});
    set.wait_ready(1);
    set.stop_pod(0, SIGKILL);
    CHECK(eventually(std::chrono::seconds(10),
                     [&] { return set.probe(1, "/readyz").body.starts_with("ok; without its source for "); }));
    CHECK(set.probe(1, "/readyz").status == 200);
    const Ran status = set.status(1);
    CHECK(status.exit_code == 0);
    CHECK_THAT(status.output, Catch::Contains("ready        yes; without its source for ") &&
                                  Catch::Contains("lag          not known"));
    CHECK_THAT(set.ask_donor(1).body, Catch::Contains("\"fit\": false"));
    set.wait_not_ready(1, "for longer than 10 s");
    set.start_server(0);
    set.start_sidecar(0);
    set.wait_ready(1);
    set.make_rows(10);
    set.expect_same_rows(1);
  }
  SECTION("a SQL thread that fails is reported with its error") {
    set.let_root_write(1);
    // An operator's mistake: only the replica has this row, and its binary log does not have it.
    MysqlClient client(set.login(1), std::chrono::seconds(10));
    client.execute("SET SESSION sql_log_bin = OFF");
    client.execute("INSERT INTO test.rows_of (id, body) VALUES (1000000, 'mine')");
    set.sql(0, "INSERT INTO test.rows_of (id, body) VALUES (1000000, 'theirs')");
    set.wait_not_ready(1, "error 1062");
    CHECK(set.probe(1, "/livez").status == 200);
    CHECK_THAT(set.ask_donor(1).body, Catch::Contains("\"fit\": false"));
    set.let_root_write(1);  // the sidecar has closed it since
    client.execute("DELETE FROM test.rows_of WHERE id = 1000000");
    set.wait_ready(1);
    set.expect_same_rows(1);
  }
  SECTION("a replica with transactions of its own is held, not ready, and keeps them") {
    set.let_root_write(1);
    set.sql(1, "INSERT INTO test.rows_of (body) VALUES ('mine')");
    set.wait_not_ready(1, "transactions of its own");
    CHECK_THAT(set.probe(1, "/readyz").body, Catch::Contains(set.gtid_prefix(1)));
    CHECK(set.probe(1, "/livez").status == 200);
    CHECK(set.value(1, "SELECT COUNT(*) FROM test.rows_of WHERE body = 'mine'") == "1");
  }
  SECTION("a source that has purged what a replica needs is reported with the position") {
    set.stop_pod(1);
    set.make_rows(10);
    set.purge_logs(0);
    set.make_rows(10);
    set.start_server(1);
    set.start_sidecar(1);
    set.wait_not_ready(1, "lacks " + set.gtid_prefix(0));
    CHECK_THAT(set.probe(1, "/readyz").body, Catch::Contains("no other replica that can be followed has it"));
    CHECK(set.probe(1, "/livez").status == 200);
  }
  SECTION("a new replication password reaches the replicas by their own files") {
    const auto stored = [&] {
      return set.value(0, "SELECT authentication_string FROM mysql.user WHERE User = 'replication'");
    };
    const std::string before = stored();
    write_text(set.replication_password_file(), "another one");
    set.stop_sidecar(0);
    set.start_sidecar(0);
    set.wait_ready(0);
    CHECK(eventually(std::chrono::seconds(10), [&] { return stored() != before; }));
    set.stop_pod(1);
    set.start_pod(1);
    set.make_rows(10);
    set.expect_same_rows(1);
  }
}
