#include <catch2/catch.hpp>

#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

// Pod 2 is behind: it has not what was written after it went away.
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
  // What the primary's sidecar tells is up to two seconds old, so a purge of just now is not seen at once.
  const bool back = eventually(std::chrono::seconds(60), [&] { return set.sidecar(2).output().find("goes back to the primary") != std::string::npos; });
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

TEST_CASE("a replica that a recovered primary's log is too short for catches up from a sibling, and goes back", "[family]") {
  TestSet set;
  start_with_laggard(set);
  const std::string rows = set.fingerprint(0);
  set.stop_pod(0);
  std::filesystem::remove_all(set.data(0));
  set.start_pod(0);
  CHECK(set.fingerprint(0) == rows);
  if (set.kind().is_mysql() && !long_tests()) {  // half a minute for each section
    set.make_rows(20);
    set.start_containers(2);
    expect_caught_up_from_sibling(set);
    return;
  }
  SECTION("before the primary writes anything") {}
  SECTION("after it has written") { set.make_rows(20); }
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

TEST_CASE("a replica whose transactions the primary has purged catches up from a sibling that still has them", "[family]") {
  TestSet set;
  start_with_laggard(set);
  set.purge_logs(0);
  set.start_containers(2);
  expect_caught_up_from_sibling(set);
}

TEST_CASE("a replica that is ahead of a recovered primary is held, with the transactions that it has more", "[family]") {
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
  // The only one that is up has less.
  set.start_server(1);
  set.start_sidecar(1);
  set.start_pod(0);
  set.start_server(2);
  set.start_sidecar(2);
  set.wait_not_ready(2, "transactions that the primary has not: " + prefix);
  CHECK(set.fingerprint(2) == rows);
  CHECK(set.probe(2, "/livez").status == 200);
}

TEST_CASE("commits in flight are not taken for divergence", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  {
    Writer one(set);
    Writer two(set);
    // The load itself, not a wait for something. DivergenceWatch compares every ten seconds.
    std::this_thread::sleep_for(std::chrono::seconds(long_tests() ? 300 : 25));
  }
  set.expect_same_rows(1);
  CHECK_THAT(set.sidecar(1).output(), !Catch::Contains("held replication"));
}
