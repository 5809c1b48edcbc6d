#include <catch2/catch.hpp>

#include "common/backup/clone_protocol.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

// Makes pod 2 lag behind: it lacks the rows that are written after it stopped.
void start_with_laggard(TestSet& set) {
  set.start_pods(3);
  set.make_rows(100);
  set.expect_same_rows(1);
  set.expect_same_rows(2);
  set.stop_pod(2);
  set.make_rows(100);
  set.expect_same_rows(1);
}

void expect_caught_up_from_sibling(TestSet& set) {
  // The answer of the primary's sidecar is up to two seconds old, so that a new purge is not seen at once.
  const bool back = eventually(std::chrono::seconds(60), [&] {
    return set.sidecar(2).output().find("goes back to the primary") != std::string::npos;
  });
  INFO(set.sidecar(2).output());
  CHECK(back);
  CHECK_THAT(set.sidecar(2).output(), Catch::Contains("began to catch up from a sibling"));
  set.wait_ready(2);
  set.make_rows(20);
  set.expect_same_rows(1);
  set.expect_same_rows(2);
  CHECK(set.source_of(2) == TestSet::address(0));
}

}  // namespace

TEST_CASE("a replica that a recovered primary's log is too short for catches up from a sibling, and goes back",
          "[family]") {
  TestSet set;
  start_with_laggard(set);
  const std::string rows = set.fingerprint(0);
  set.stop_pod(0);
  std::filesystem::remove_all(set.data(0));
  set.start_pod(0);
  CHECK(set.fingerprint(0) == rows);
  if (set.kind().is_mysql() && !long_tests()) {  // each section takes half a minute
    set.make_rows(20);
    set.start_containers(2);
    expect_caught_up_from_sibling(set);
    return;
  }
  SECTION("before the primary writes anything") {}
  SECTION("after it has written") {
    set.make_rows(20);
  }
  SECTION("and a sidecar that is killed while it catches up goes on") {
    set.start_server(2);
    set.crash_sidecar(2, "replication.started");
    set.start_sidecar(2);
    set.wait_ready(2);
    set.make_rows(20);
    set.expect_same_rows(2);
    CHECK(set.source_of(2) == TestSet::address(0));
    return;
  }
  set.start_containers(2);
  expect_caught_up_from_sibling(set);
}

TEST_CASE("a replica whose transactions the primary has purged catches up from a sibling that still has them",
          "[family]") {
  TestSet set;
  start_with_laggard(set);
  set.purge_logs(0);
  set.start_containers(2);
  expect_caught_up_from_sibling(set);
}

TEST_CASE("a replica that is ahead of a recovered primary is held, with the transactions that it has more",
          "[family]") {
  TestSet set;
  set.start_pods(3);
  set.make_rows(100);
  set.expect_same_rows(1);
  set.expect_same_rows(2);
  set.stop_pod(1);
  set.make_rows(100);
  set.expect_same_rows(2);
  const std::string rows = set.fingerprint(2);
  const std::string prefix = set.gtid_prefix(0);
  set.stop_pod(2);
  set.stop_pod(0);
  std::filesystem::remove_all(set.data(0));
  // The only pod that is up has fewer transactions.
  set.start_server(1);
  set.start_sidecar(1);
  set.start_pod(0);
  // On MariaDB the new transactions get the GTIDs of the lost transactions, and the next GTIDs.
  for (int i = 0; i < 30; ++i) set.sql(0, "INSERT INTO test.rows_of (body) VALUES ('anew')");
  set.start_server(2);
  set.start_sidecar(2);
  set.wait_not_ready(2, "the primary was recovered from a replica that had less: this replica has " + prefix);
  CHECK(set.fingerprint(2) == rows);
  CHECK(set.probe(2, "/livez").status == 200);
}

TEST_CASE("a lost primary is not recovered before a replica has applied what it has received", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.sql(0, "CREATE DATABASE test");
  // The keys never collide. So no replication thread stops, and only the rows show what is missing.
  set.sql(0, "CREATE TABLE test.keyed (id CHAR(36) PRIMARY KEY)");
  const auto write = [&](int count) {
    for (int i = 0; i < count; ++i) set.sql(0, "INSERT INTO test.keyed VALUES (UUID())");
  };
  const auto rows = [&](int ordinal) { return set.value(ordinal, "SELECT COUNT(*) FROM test.keyed"); };
  write(1);
  REQUIRE(eventually(std::chrono::seconds(20), [&] { return rows(1) == "1"; }));
  // A lock that the SQL thread waits for, as behind a long ALTER TABLE.
  auto lock = std::make_unique<MysqlClient>(set.login(1), std::chrono::seconds(60));
  lock->execute("LOCK TABLES test.keyed READ");
  write(20);
  const auto unapplied = [&] { return parse_donor_info(set.ask_donor(1).body).unapplied; };
  REQUIRE(eventually(std::chrono::seconds(20), [&] { return !unapplied().empty(); }));
  set.stop_pod(0, SIGKILL);
  std::filesystem::remove_all(set.data(0));
  REQUIRE(set.init(0).exit_code == 0);
  std::filesystem::create_directories(set.data(0));
  Background clone(set.clone_command(0, {"--donor-wait", "60s"}), set.dir(0) / "clone.log");
  CHECK(eventually(std::chrono::seconds(20), [&] {
    return clone.output().find("has not applied yet all that it has received: mysql-1") != std::string::npos;
  }));
  lock.reset();
  CHECK(clone.wait(std::chrono::seconds(60)) == 0);
  set.stop_sidecar(1);
  set.start_containers(0);
  CHECK(rows(0) == "21");
  INFO("the replica takes note of the recovery, and a kill does not make it forget that");
  set.crash_sidecar(1, "recoveries.written");
  set.start_sidecar(1);
  write(1);
  CHECK(eventually(std::chrono::seconds(30), [&] { return rows(1) == "22"; }));
}

TEST_CASE("commits in flight are not taken for divergence", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  {
    Writer one(set);
    Writer two(set);
    // This is the load, and waits for nothing. DivergenceWatch compares every ten seconds.
    std::this_thread::sleep_for(std::chrono::seconds(long_tests() ? 300 : 25));
  }
  set.expect_same_rows(1);
  CHECK_THAT(set.sidecar(1).output(), !Catch::Contains("held replication"));
}
