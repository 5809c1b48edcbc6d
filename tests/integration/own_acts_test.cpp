#include <catch2/catch.hpp>

#include "tests/support/metrics.hpp"
#include "tests/support/said.hpp"
#include "tests/support/same_rows.hpp"
#include "tests/support/snapshot.hpp"
#include "tests/support/watch.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
using namespace std::chrono_literals;

namespace {

// As an image's own option file has it, which is read before the agent's.
void turn_events_on(const TestSet& set, int ordinal) {
  std::filesystem::create_directories(set.dir(ordinal) / "conf.d");
  write_text(set.dir(ordinal) / "conf.d" / "00-image.cnf", "[mysqld]\nevent_scheduler=ON\n");
}

void make_event(const TestSet& set, const std::string& name, const std::string& more = "") {
  set.sql(0, "CREATE EVENT test." + name + " ON SCHEDULE EVERY 1 SECOND " + more +
                 " DO INSERT INTO test.ticks (event, server) VALUES ('" + name + "', @@GLOBAL.server_id)");
}

std::string ticks(const TestSet& set, int ordinal, const std::string& where) {
  return value_or_error(set, ordinal, "SELECT COUNT(*) FROM test.ticks WHERE " + where);
}

// More rows of the event come to a pod.
bool goes_on(const TestSet& set, int ordinal, const std::string& event) {
  const std::string where = "event = '" + event + "'";
  const int before = std::stoi("0" + ticks(set, ordinal, where));
  return eventually(20s, [&] { return std::atoi(ticks(set, ordinal, where).c_str()) > before + 1; });
}

std::string healed(const TestSet& set, int ordinal) {
  return metric(set, ordinal, "healed_transactions_total");
}

// The replica replicates, is ready, and stays so where its sidecar has to judge it anew.
void expect_follows(TestSet& set, int ordinal) {
  set.make_rows(5);
  set.wait_ready(ordinal);
  set.expect_same_rows(ordinal);
}

}  // namespace

TEST_CASE("an event runs on the primary alone, and goes on where the primary is recovered", "[family]") {
  TestSet set;
  for (const int ordinal : {0, 1}) turn_events_on(set, ordinal);
  set.start_pod(0);
  set.make_rows(10);
  set.sql(0, "CREATE TABLE test.ticks (id INT AUTO_INCREMENT PRIMARY KEY, event CHAR(10), server INT)");
  make_event(set, "early");
  make_event(set, "paused", "DISABLE");
  CHECK(goes_on(set, 0, "early"));
  set.start_pod(1);
  make_event(set, "late");
  const std::string primary = set.value(0, "SELECT @@GLOBAL.server_id");
  const auto expect_none_of_its_own = [&] {
    INFO(set.probe(1, "/readyz").body << set.sidecar(1).output());
    CHECK(goes_on(set, 1, "early"));
    CHECK(goes_on(set, 1, "late"));
    CHECK(ticks(set, 1, "server <> " + primary) == "0");
    CHECK(set.logged(1).find(set.gtid_prefix(1)) == std::string::npos);
    set.wait_ready(1);
  };
  expect_none_of_its_own();
  INFO("the replica is cloned anew");
  REQUIRE(run_on_volume(set, "reclone", 1).exit_code == 0);
  set.stop_pod(1);
  set.start_pod(1);
  expect_none_of_its_own();
  // A replica's copy of these two says of both that a replica does not run it.
  make_event(set, "last");
  make_event(set, "idle", "DISABLE");
  REQUIRE(eventually(20s, [&] { return donor_field(set, 1, "disabled_events").find("idle") != std::string::npos; }));
  CHECK(goes_on(set, 1, "last"));
  INFO("the primary loses its volume");
  set.stop_pod(0);
  std::filesystem::remove_all(set.data(0));
  REQUIRE(set.init(0).exit_code == 0);
  REQUIRE(set.clone(0).exit_code == 0);
  set.start_server(0);
  set.wait_server(0);
  INFO("the server has its copy, and not its position yet");
  CHECK(set.value(0, "SELECT @@GLOBAL.event_scheduler") == "OFF");
  set.crash_sidecar(0, "event.enabled");
  set.start_sidecar(0);
  set.wait_ready(0);
  CHECK(goes_on(set, 0, "early"));
  CHECK(goes_on(set, 0, "late"));
  CHECK(goes_on(set, 0, "last"));
  expect_none_of_its_own();
  CHECK(ticks(set, 0, "event IN ('paused', 'idle')") == "0");
  const std::string status_of = "SELECT STATUS FROM information_schema.EVENTS WHERE EVENT_NAME = ";
  CHECK(set.value(0, status_of + "'paused'") == "DISABLED");
  CHECK(set.value(0, status_of + "'early'") == "ENABLED");
  CHECK(set.value(0, status_of + "'last'") == "ENABLED");
  INFO("the server is restarted");
  set.restart_server(0);
  set.wait_ready(0);
  CHECK(goes_on(set, 0, "early"));
  INFO("the pod is restarted: no event writes before the primary takes writes");
  set.stop_pod(0);
  REQUIRE(set.init(0).exit_code == 0);
  REQUIRE(set.clone(0).exit_code == 0);
  set.start_server(0);
  set.wait_server(0);
  CHECK(set.value(0, "SELECT @@GLOBAL.event_scheduler") == "OFF");
  set.start_sidecar(0);
  set.wait_ready(0);
  CHECK(goes_on(set, 0, "early"));
  expect_none_of_its_own();
  CHECK(set.value(0, "SELECT DEFINER FROM information_schema.EVENTS WHERE EVENT_NAME = 'last'") ==
        set.value(0, "SELECT DEFINER FROM information_schema.EVENTS WHERE EVENT_NAME = 'early'"));
  for (const char* event : {"early", "late", "last"}) set.sql(0, std::string("ALTER EVENT test.") + event + " DISABLE");
  INFO(set.probe(1, "/readyz").body << set.sidecar(0).output() << set.sidecar(1).output());
  expect_same_tables(set, 1);
}

TEST_CASE("a MEMORY table that a restart has emptied is said by name, and the replica goes on", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.sql(0, "CREATE TABLE test.in_memory (id INT PRIMARY KEY) ENGINE=MEMORY");
  set.sql(0, "INSERT INTO test.in_memory VALUES (1), (2), (3)");
  const std::string count = "SELECT COUNT(*) FROM test.in_memory";
  REQUIRE(eventually(20s, [&] { return value_or_error(set, 1, count) == "3"; }));
  SECTION("the replica's server") {
    set.restart_server(1);
    CHECK(set.value(1, count) == "0");
    // The server has written this emptying into its own log.
    CHECK_THAT(set.logged(1), Catch::Contains(set.gtid_prefix(1)));
    CHECK(comes_to_tell(set, 1, "test.in_memory"));
    expect_follows(set, 1);
    INFO("and after another start of its sidecar");
    set.stop_sidecar(1);
    set.start_sidecar(1);
    expect_follows(set, 1);
    INFO("the primary's rows of it cannot come back, but new ones do");
    set.sql(0, "INSERT INTO test.in_memory VALUES (4)");
    CHECK(eventually(20s, [&] { return value_or_error(set, 1, count) == "1"; }));
    expect_follows(set, 1);
  }
  SECTION("the replica's server, and replication is the first to use the table") {
    set.restart_server(1);
    set.wait_ready(1);
    set.sql(0, "INSERT INTO test.in_memory VALUES (4)");
    CHECK(eventually(20s, [&] { return value_or_error(set, 1, count) == "1"; }));
    CHECK(comes_to_tell(set, 1, "test.in_memory"));
    expect_follows(set, 1);
  }
  SECTION("the primary's server") {
    set.restart_server(0);
    set.wait_ready(0);
    CHECK(set.value(0, count) == "0");
    CHECK(eventually(20s, [&] { return value_or_error(set, 1, count) == "0"; }));
    expect_follows(set, 1);
  }
}

TEST_CASE("transactions of a replica's own that changed no row are healed and counted", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);
  for (const char* statement : {"FLUSH STATUS", "FLUSH TABLES", "FLUSH PRIVILEGES", "FLUSH SLOW LOGS",
                                "ANALYZE TABLE test.rows_of", "OPTIMIZE TABLE test.rows_of"}) {
    INFO(statement);
    const std::string before = healed(set, 1);
    CHECK_FALSE(before.empty());
    // MySQL lets FLUSH through super_read_only too, and 9.7 refuses the others.
    const bool opens = set.kind().is_mysql() && !std::string_view(statement).starts_with("FLUSH");
    if (opens) set.let_root_write(1);
    set.sql(1, statement);
    if (opens) set.sql(1, "SET GLOBAL super_read_only = ON");
    CHECK(eventually(15s, [&] { return !healed(set, 1).empty() && healed(set, 1) != before; }));
    expect_follows(set, 1);
  }
  CHECK(healed(set, 1) == "6");
  CHECK_THAT(set.sidecar(1).output(), !Catch::Contains("held replication"));
  INFO("many at once");
  INFO("MariaDB's SQL thread has stopped at the primary's next transaction");
  set.sidecar(1).signal(SIGSTOP);
  write_own(set, 1, {"FLUSH STATUS"});
  set.make_rows(1);
  CHECK(eventually(20s, [&] {
    return set.kind().is_mysql() ||
           !MysqlClient(set.login(1), 10s).query("SHOW SLAVE STATUS").at(0).at("Last_SQL_Error").value_or("").empty();
  }));
  set.sidecar(1).signal(SIGCONT);
  expect_follows(set, 1);
  write_own(set, 1, std::vector<std::string>(20, "FLUSH STATUS"));
  CHECK(eventually(15s, [&] { return healed(set, 1) == "27"; }));
  expect_follows(set, 1);
}

TEST_CASE("a sidecar killed while it heals its replica goes on with that at its next start", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);
  const std::string rows = set.fingerprint(1);
  for (const char* point : {"healing.written", "healing.reset", "healing.positioned"}) {
    INFO(point);
    set.stop_sidecar(1);
    write_own(set, 1, {"FLUSH STATUS"});
    set.crash_sidecar(1, point);
    // The server keeps the lock no longer than the sidecar's connection.
    set.start_sidecar(1);
    set.wait_ready(1);
    CHECK(set.fingerprint(1) == set.fingerprint(0));
    CHECK_THAT(executed(set, 1), !Catch::Contains(set.gtid_prefix(1)));
    expect_follows(set, 1);
  }
}

TEST_CASE("transactions that changed nothing stay while another reads the replica's binary log", "[stream][family]") {
  TestSet set;
  set.start_pods(3);
  set.make_rows(10);
  set.expect_same_rows(2);
  set.stop_sidecar(2);
  change_source(set, 2, "MASTER_HOST = '" + TestSet::address(1) + "'");
  REQUIRE(eventually(20s, [&] {
    return set.value(1, "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'") == "1";
  }));
  write_own(set, 1, {"FLUSH STATUS"});
  CHECK(comes_to_tell(set, 1, "they changed nothing"));
  set.stop_server(2);
  // It would notice at its next heartbeat that nobody reads any more.
  set.sql(1, "KILL " + set.value(1, "SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'"));
  set.wait_ready(1);
  expect_follows(set, 1);
}

TEST_CASE("a change of a replica's own is held, also between transactions that changed nothing", "[family]") {
  const std::string change =
      GENERATE(as<std::string>(), "INSERT INTO test.rows_of (id, body) VALUES (1000000, 'own')",
               "CREATE TABLE test.own (id INT PRIMARY KEY)", "ALTER TABLE test.rows_of ADD COLUMN own INT");
  TestSet set;
  if (set.kind().is_mysql() && !change.starts_with("ALTER") && !long_tests()) return;  // MariaDB's run shows it
  INFO(change);
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);
  write_own(set, 1, {"FLUSH STATUS", change, "FLUSH STATUS"});
  set.wait_not_ready(1, "the first that changed something is");
  const auto ready = watch_ready(set, 1);
  write_own(set, 1, {"FLUSH STATUS"});
  CHECK_FALSE(eventually(6s, [&] { return !ready->seen().empty(); }));
  INFO("also where its sidecar starts anew");
  set.stop_sidecar(1);
  set.start_sidecar(1);
  CHECK_FALSE(eventually(6s, [&] { return !ready->seen().empty(); }));
  CHECK(ready->seen() == "");
  CHECK_THAT(set.logged(1), Catch::Contains(set.gtid_prefix(1)));
}

TEST_CASE("a statement that only looks as if the server had emptied a table is held", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);
  write_own(set, 1, {"TRUNCATE TABLE `test`.`rows_of` /* generated by server */"});
  set.wait_not_ready(1, "test.rows_of");
  CHECK(healed(set, 1) == "0");
}

TEST_CASE("what init_file and init_connect would write on a replica makes no wrong replica ready", "[family]") {
  TestSet set;
  const std::filesystem::path file = set.dir(9) / "init.sql";
  std::filesystem::create_directories(set.dir(9));
  write_text(file, "INSERT INTO test.visits (who) VALUES ('init_file');\n");
  const auto use = [&](const std::string& line) {
    write_text(set.config_map() / "replica.cnf", "[mysqld]\n" + line + "\n");
    set.stop_pod(1);
    REQUIRE(set.init(1).exit_code == 0);
    set.start_server(1);
    set.wait_server(1);
    set.start_sidecar(1);
  };
  set.start_pods(2);
  set.make_rows(10);
  set.sql(0, "CREATE TABLE test.visits (id INT AUTO_INCREMENT PRIMARY KEY, who CHAR(20))");
  set.sql(0, "CREATE USER app IDENTIFIED BY 'app'");
  set.sql(0, "GRANT ALL ON test.* TO app");
  set.make_rows(1);
  set.expect_same_rows(1);

  INFO("init_connect, of a client that may write");
  use("init_connect=\"INSERT INTO test.visits (who) VALUES ('init_connect')\"");
  set.wait_ready(1);
  ServerLogin app = set.login(1);
  app.user = "app";
  app.password = Secret("app");
  for (int i = 0; i < 3; ++i) try {
      MysqlClient(app, 10s).query("SELECT 1");
    } catch (const Error&) {
      // Its first statement is refused, and the connection with it.
    }
  CHECK_FALSE(eventually(5s, [&] { return set.probe(1, "/readyz").status != 200; }));
  expect_same_tables(set, 1);

  INFO("init_file");
  use("init_file=" + file.string());
  // Either the server did not run it, or it is said what wrote.
  const std::string visits = "SELECT COUNT(*) FROM test.visits";
  const auto ready = watch_ready(set, 1);
  if (value_or_error(set, 1, visits) == "0") {
    set.wait_ready(1);
    expect_same_tables(set, 1);
  } else {
    set.wait_not_ready(1, "transactions ");
    CHECK(comes_to_tell(set, 1, "init_file", 5s));
    CHECK_FALSE(eventually(5s, [&] { return !ready->seen().empty(); }));
  }
}
