#include <catch2/catch.hpp>

#include "common/base/file.hpp"
#include "common/volume/state_file.hpp"
#include "tests/support/same_rows.hpp"
#include "tests/support/snapshot.hpp"
#include "tests/support/watch.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

constexpr const char* foreign = "11111111-2222-3333-4444-555555555555:1";

// Two pods with the same rows. Each row is a transaction.
void start_with_rows(TestSet& set, int rows = 20) {
  set.start_pods(2);
  for (int i = 0; i < rows; ++i) set.make_rows(1);
  set.expect_same_rows(1);
}

// Starts the sidecar anew and watches the pod for a while. The pod is never ready, and never a donor.
void expect_held_over_restart(TestSet& set, int ordinal, std::chrono::seconds duration, const std::string& words = "",
                              bool server_too = false) {
  set.stop_sidecar(ordinal);
  if (server_too) set.restart_server(ordinal);
  const auto ready = watch_ready(set, ordinal);
  const auto fit = watch_fit(set, ordinal);
  set.start_sidecar(ordinal);
  set.wait_not_ready(ordinal, words);
  CHECK_FALSE(eventually(duration, [&] { return !ready->seen().empty() || !fit->seen().empty(); }));
  INFO(set.sidecar(ordinal).output());
  CHECK(ready->seen() == "");
  CHECK(fit->seen() == "");
  CHECK(ready->looks() > 10);
}

}  // namespace

TEST_CASE("a replica with transactions of its own is not ready for a moment while its sidecar starts", "[family]") {
  TestSet set;
  start_with_rows(set);
  write_own_rows(set, 1, 1);
  set.wait_not_ready(1, "transactions of its own");
  for (int round = 0; round < 8; ++round) {
    INFO("restart " << round + 1);
    expect_held_over_restart(set, 1, std::chrono::seconds(1), "transactions of its own");
  }
  INFO("and where they are written while no sidecar runs, neither");
  CHECK(own_rows(set, 1) == "1");
  set.make_rows(5);
  set.stop_pod(1);
  set.start_server(1);
  set.wait_server(1);
  const auto ready = watch_ready(set, 1);
  const auto fit = watch_fit(set, 1);
  set.start_sidecar(1);
  set.wait_not_ready(1, "transactions of its own");
  ready->wait_looks(50);
  CHECK(ready->seen() == "");
  CHECK(fit->seen() == "");
}

TEST_CASE("a replica that wrote while its sidecar was away is not ready for a moment", "[family]") {
  TestSet set;
  start_with_rows(set);
  for (int round = 0; round < 4; ++round) {
    INFO("start " << round + 1);
    set.stop_sidecar(1);
    // The sidecar has not looked yet, so nothing is confirmed.
    if (round == 0) write_own_rows(set, 1, 1);
    const auto ready = watch_ready(set, 1);
    const auto fit = watch_fit(set, 1);
    set.start_sidecar(1);
    ready->wait_looks(100);
    CHECK(ready->seen() == "");
    CHECK(fit->seen() == "");
  }
  set.wait_not_ready(1, "transactions of its own");
}

TEST_CASE("a replica that has what no primary wrote is not ready for a moment while its sidecar starts", "[plugin]") {
  TestSet set;
  start_with_rows(set);
  // The transaction has the UUID of neither server. Only a comparison with the primary shows that the primary lacks it.
  write_own(set, 1,
            {std::string("SET SESSION GTID_NEXT = '") + foreign + "'",
             "INSERT INTO test.rows_of (id, body) VALUES (1000000, 'own')", "SET SESSION GTID_NEXT = AUTOMATIC"});
  set.wait_not_ready(1, "");
  for (int round = 0; round < 3; ++round) {
    INFO("restart " << round + 1);
    expect_held_over_restart(set, 1, std::chrono::seconds(12));
  }
}

TEST_CASE("a replica that is ahead of a primary whose log was reset stays on hold", "[plugin]") {
  TestSet set;
  start_with_rows(set);
  const std::string rows = set.fingerprint(1);
  set.sql(0, "RESET BINARY LOGS AND GTIDS");
  set.wait_not_ready(1, "");
  const auto ready = watch_ready(set, 1, std::chrono::milliseconds(50));
  const auto fit = watch_fit(set, 1, std::chrono::milliseconds(50));
  INFO("the primary's numbers pass the replica's");
  for (int i = 0; i < 40; ++i) set.make_rows(1);
  // Two comparisons take less time than this.
  CHECK_FALSE(eventually(std::chrono::seconds(15), [&] { return !ready->seen().empty(); }));
  CHECK(ready->seen() == "");
  INFO("its sidecar starts anew, and then its server");
  set.stop_sidecar(1);
  set.start_sidecar(1);
  CHECK_FALSE(eventually(std::chrono::seconds(8), [&] { return !ready->seen().empty(); }));
  set.restart_server(1);
  CHECK_FALSE(eventually(std::chrono::seconds(8), [&] { return !ready->seen().empty(); }));
  CHECK(ready->seen() == "");
  CHECK(fit->seen() == "");
  CHECK(set.fingerprint(1) == rows);
  INFO("a clone of the primary ends it");
  const Ran asked = run_on_volume(set, "reclone", 1);
  INFO(asked.output);
  REQUIRE(asked.exit_code == 0);
  set.stop_pod(1);
  set.start_pod(1);
  set.make_rows(5);
  expect_same_tables(set, 1);
}

TEST_CASE("a replica of a primary whose log was thrown away is held, though the primary's numbers have passed its own",
          "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);
  set.wait_ready(0);
  set.wait_ready(1);
  // The sidecar must have seen the log before.
  REQUIRE(eventually(std::chrono::seconds(10), [&] {
    const auto state = read_state(set.state_file(0), "mysql-0");
    return state && !state->log_end.gtid.empty();
  }));
  const auto throw_away = [&] {
    set.sql(0, set.kind().is_mysql() ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER");
    for (int i = 0; i < 40; ++i) set.make_rows(1);
  };
  SECTION("while it follows") {
    throw_away();
  }
  SECTION("while it is away") {
    set.stop_pod(1);
    throw_away();
    set.start_server(1);
    set.start_sidecar(1);
  }
  SECTION("while no sidecar looks") {
    set.stop_sidecar(0);
    set.stop_pod(1);
    throw_away();
    set.start_sidecar(0);
    set.start_server(1);
    set.start_sidecar(1);
  }
  set.wait_not_ready(1, "reclone");
  CHECK(eventually(std::chrono::seconds(10), [&] { return set.probe(0, "/readyz").body == "ok\n"; }));
  REQUIRE(run_on_volume(set, "reclone", 1).exit_code == 0);
  set.stop_pod(1);
  set.start_pod(1);
  set.make_rows(5);
  expect_same_tables(set, 1);
}

TEST_CASE("a replica that received from a primary's log what the primary lost with its volume stays on hold",
          "[plugin]") {
  TestSet set;
  start_with_rows(set);
  set.stop_pod(0);
  const VolumeSnapshot snapshot(set, 0);
  set.start_pod(0);
  for (int i = 0; i < 5; ++i) set.make_rows(1);
  set.expect_same_rows(1);
  // The primary has no other pod to ask.
  set.stop_pod(1);
  set.stop_pod(0);
  snapshot.put_back();
  set.start_pod(0);
  for (int i = 0; i < 20; ++i) set.make_rows(1);
  const auto ready = watch_ready(set, 1);
  set.start_server(1);
  set.start_sidecar(1);
  set.wait_not_ready(1, "");
  CHECK_FALSE(eventually(std::chrono::seconds(15), [&] { return !ready->seen().empty(); }));
  INFO(set.sidecar(1).output());
  CHECK(ready->seen() == "");
  set.restart_server(1);
  set.stop_sidecar(1);
  set.start_sidecar(1);
  CHECK_FALSE(eventually(std::chrono::seconds(8), [&] { return !ready->seen().empty(); }));
  CHECK(ready->seen() == "");
}

TEST_CASE("a hold ends when the primary has the transactions too", "[plugin]") {
  TestSet set;
  start_with_rows(set);
  const std::string own = set.gtid_prefix(1) + "1";
  const std::string row = "INSERT INTO test.rows_of (id, body) VALUES (1000000, 'own')";
  write_own(set, 1, {row});
  set.wait_not_ready(1, "transactions of its own");
  CHECK_THAT(donor_field(set, 1, "own"), Catch::Contains(own));
  // A person writes the row on the primary, and an empty transaction with the GTID of the replica's transaction.
  {
    MysqlClient client(set.login(0), std::chrono::seconds(10));
    client.execute("SET SESSION sql_log_bin = OFF");
    client.execute(row);
    client.execute("SET SESSION sql_log_bin = ON");
    client.execute("SET SESSION GTID_NEXT = '" + own + "'");
    client.execute("BEGIN");
    client.execute("COMMIT");
    client.execute("SET SESSION GTID_NEXT = AUTOMATIC");
  }
  set.wait_ready(1);
  set.make_rows(5);
  set.wait_ready(1);
  expect_same_tables(set, 1);
}

TEST_CASE("a person's word ends a hold", "[family]") {
  TestSet set;
  start_with_rows(set);
  // In the end the transactions have changed nothing. Only a person can know that.
  write_own(
      set, 1,
      {"INSERT INTO test.rows_of (id, body) VALUES (1000000, 'own')", "DELETE FROM test.rows_of WHERE id = 1000000"});
  set.wait_not_ready(1, "transactions of its own");
  CHECK(run_on_volume(set, "release", 0).exit_code == 3);
  set.stop_sidecar(1);
  set.start_sidecar(1);
  set.wait_not_ready(1, "transactions of its own");
  set.stop_sidecar(1);
  const Ran released = run_on_volume(set, "release", 1);
  INFO(released.output);
  REQUIRE(released.exit_code == 0);
  set.crash_sidecar(1, "release.taken");
  set.start_sidecar(1);
  set.wait_ready(1);
  set.stop_sidecar(1);
  set.start_sidecar(1);
  set.wait_ready(1);
  set.make_rows(5);
  set.wait_ready(1);
  expect_same_tables(set, 1);
  INFO("what it writes after that is another matter");
  write_own_rows(set, 1, 1);
  set.wait_not_ready(1, "transactions of its own");
}

TEST_CASE("a replica whose SQL thread stops at each start is not ready for a moment", "[family]") {
  TestSet set;
  start_with_rows(set);
  // Only the primary has this row, so the replica cannot apply its removal: error 1032.
  write_own(set, 1, {"SET SESSION sql_log_bin = OFF", "DELETE FROM test.rows_of WHERE id = 3"});
  set.sql(0, "DELETE FROM test.rows_of WHERE id = 3");
  set.wait_not_ready(1, "1032");
  set.make_rows(5);
  // A server that starts throws its relay log away, and receives it again.
  for (int round = 0; round < 6; ++round) {
    INFO("restart " << round + 1);
    expect_held_over_restart(set, 1, std::chrono::seconds(8), "", round % 2 == 1);
  }
  CHECK_THAT(set.probe(1, "/readyz").body, Catch::Contains("1032"));
}

TEST_CASE("a sidecar killed when it has written a hold down is on hold at its next start", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);
  set.stop_sidecar(1);
  set.let_root_write(1);
  set.sql(1, "CREATE TABLE test.own (id INT)");
  set.crash_sidecar(1, "hold.written");
  const auto ready = watch_ready(set, 1);
  set.start_sidecar(1);
  set.wait_not_ready(1, "transactions of its own");
  CHECK(ready->seen() == "");
}

TEST_CASE("a new replica that wrote before it was connected is on hold, with what it wrote", "[family]") {
  const bool by_init_file = GENERATE(false, true);
  TestSet set;
  INFO((by_init_file ? "by init_file" : "by a person"));
  set.start_pods(1);
  set.make_rows(20);
  set.sql(0, "CREATE TABLE test.plain (n INT, body VARCHAR(100))");
  set.wait_clonable(0);
  const char* const own = "INSERT INTO test.plain VALUES (77, 'own')";
  if (by_init_file) {
    write_text(set.dir(1) / "init.sql", std::string(own) + ";\n");
    write_text(set.config_map() / "replica.cnf", "[mysqld]\ninit_file=" + (set.dir(1) / "init.sql").string() + "\n");
  }
  REQUIRE(set.init(1).exit_code == 0);
  const Ran cloned = set.clone(1);
  INFO(cloned.output);
  REQUIRE(cloned.exit_code == 0);
  if (!by_init_file) set.stop_sidecar(0);
  set.start_server(1);
  set.wait_server(1);
  if (!by_init_file) write_own(set, 1, {own});
  const auto ready = watch_ready(set, 1);
  set.start_sidecar(1);
  if (!by_init_file) set.start_sidecar(0);
  set.wait_ready(0);
  set.make_rows(1);
  set.wait_not_ready(1, "transactions of its own");
  ready->wait_looks(50);
  CHECK(ready->seen() == "");
  CHECK(set.value(1, "SELECT COUNT(*) FROM test.plain") != "0");
}

TEST_CASE("a replica whose options pass over what does not fit is not ready, and no donor", "[family]") {
  TestSet set;
  const std::string option = GENERATE("skip_errors=all", "exec_mode=IDEMPOTENT", "replicate_events_marked_for_skip");
  const bool events = option == "replicate_events_marked_for_skip";
  if (events && set.kind().is_mysql()) return;
  const std::string line = events                  ? option + "=FILTER_ON_SLAVE"
                           : set.kind().is_mysql() ? "replica_" + option
                                                   : "slave_" + option;
  INFO(line);
  write_text(set.config_map() / "replica.cnf", "[mysqld]\n" + line + "\n");
  set.start_pod(0);
  set.make_rows(5);
  REQUIRE(set.init(1).exit_code == 0);
  REQUIRE(set.clone(1).exit_code == 0);
  set.start_server(1);
  set.wait_server(1);
  const auto ready = watch_ready(set, 1);
  set.start_sidecar(1);
  const std::string name = line.substr(0, line.find('='));
  set.wait_not_ready(1, name);
  ready->wait_looks(50);
  CHECK(ready->seen() == "");
  CHECK_THAT(donor_field(set, 1, "filters"), Catch::Contains(name));
  CHECK_THAT(set.status(1).output, Catch::Contains(name));
}
