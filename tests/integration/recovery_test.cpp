#include <catch2/catch.hpp>

#include "common/base/file.hpp"
#include "tests/support/same_rows.hpp"
#include "tests/support/snapshot.hpp"
#include "tests/support/watch.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

void lose_volume(TestSet& set, int ordinal) {
  set.stop_pod(ordinal);
  std::filesystem::remove_all(set.data(ordinal));
}

// A sidecar's answer about its server is up to two seconds old.
void wait_told(const TestSet& set, int ordinal) {
  REQUIRE(eventually(std::chrono::seconds(20), [&] {
    const std::string position = executed(set, ordinal);
    return !position.empty() && donor_field(set, ordinal, "position") == position;
  }));
}

// Stops a replica's sidecar and its replication. The replica lacks what the primary commits from now on.
void stop_following(TestSet& set, int ordinal) {
  set.stop_sidecar(ordinal);
  set.sql(ordinal, "STOP REPLICA");
}

}  // namespace

TEST_CASE("a lost primary is recovered from a replica that wrote nothing itself, not from the one that has most",
          "[family]") {
  TestSet set;
  set.start_pods(3);
  set.make_rows(50);
  set.expect_same_rows(1);
  set.expect_same_rows(2);
  const std::string rows = set.fingerprint(0);
  write_own_rows(set, 1, 10);
  set.wait_not_ready(1, "");
  const auto ready = watch_ready(set, 1, std::chrono::milliseconds(50));
  wait_told(set, 2);
  lose_volume(set, 0);

  const Ran recovered = set.clone(0, {"--on-lost-primary", "recover"});
  INFO(recovered.output);
  REQUIRE(recovered.exit_code == 0);
  CHECK_THAT(recovered.output, Catch::Contains("mysql-2"));
  set.start_containers(0);
  CHECK(set.fingerprint(0) == rows);
  CHECK(own_rows(set, 0) == "0");
  set.make_rows(10);
  set.wait_ready(2);
  expect_same_tables(set, 2);
  CHECK(own_rows(set, 2) == "0");
  CHECK(set.probe(1, "/readyz").status == 503);
  CHECK(own_rows(set, 1) == "10");
  CHECK(ready->seen() == "");
}

TEST_CASE("a lost primary is not recovered where every replica has transactions of its own", "[family]") {
  const int replicas = GENERATE(1, 2);
  INFO(replicas << " replicas");
  TestSet set;
  set.start_pods(1 + replicas);
  set.make_rows(50);
  std::vector<std::string> gtids{set.gtid_prefix(0)};
  for (int replica = 1; replica <= replicas; ++replica) {
    set.expect_same_rows(replica);
    write_own_rows(set, replica, replica + 1);
    set.wait_not_ready(replica, "");
    gtids.push_back(set.gtid_prefix(replica));
  }
  lose_volume(set, 0);
  const Ran refused = set.clone(0, {"--on-lost-primary", "recover"});
  INFO(refused.output);
  CHECK(refused.exit_code == 3);
  for (const std::string& gtid : gtids) CHECK_THAT(refused.output, Catch::Contains(gtid));
  set.expect_nothing_published(0);
}

TEST_CASE("a lost primary is not recovered from a replica that nobody could bring up to date, until a person says so",
          "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(50);
  set.expect_same_rows(1);
  const std::string old_rows = set.fingerprint(1);
  set.stop_pod(1);
  set.make_rows(10);
  set.purge_logs(0);
  set.make_rows(10);
  set.start_server(1);
  set.start_sidecar(1);
  set.wait_not_ready(1, "no other replica that can be followed has it");
  lose_volume(set, 0);
  const auto refuses = [&] {
    const Ran refused = set.clone(0, {"--on-lost-primary", "recover"});
    INFO(refused.output);
    CHECK(refused.exit_code == 3);
    CHECK_THAT(refused.output, Catch::Contains("mysql-agent release"));
    set.expect_nothing_published(0);
  };
  // Its sidecar has looked since, and then is new.
  std::this_thread::sleep_for(std::chrono::seconds(5));
  refuses();
  set.stop_pod(1);
  set.start_server(1);
  set.start_sidecar(1);
  set.wait_not_ready(1, "no other replica that can be followed has it");
  refuses();
  const Ran released = run_on_volume(set, "release", 1);
  INFO(released.output);
  REQUIRE(released.exit_code == 0);
  set.wait_not_ready(1, "the primary");
  const auto recover = [&] { return set.clone(0, {"--on-lost-primary", "recover"}).exit_code == 0; };
  REQUIRE(eventually(std::chrono::seconds(20), recover));
  set.start_containers(0);
  set.wait_ready(0);
  CHECK(set.fingerprint(0) == old_rows);
  set.make_rows(10);
  set.expect_same_rows(1);
}

TEST_CASE("a lost primary is not recovered from a replica that lacks commits which only a held replica has",
          "[family]") {
  TestSet set;
  set.start_pods(3);
  set.make_rows(50);
  set.expect_same_rows(1);
  set.expect_same_rows(2);
  stop_following(set, 2);
  set.make_rows(50);
  set.expect_same_rows(1);
  write_own_rows(set, 1, 2);
  set.wait_not_ready(1, "");
  const std::string own = set.gtid_prefix(1);
  lose_volume(set, 0);
  set.start_sidecar(2);
  wait_told(set, 2);
  const Ran refused = set.clone(0, {"--on-lost-primary", "recover"});
  INFO(refused.output);
  CHECK(refused.exit_code == 3);
  CHECK_THAT(refused.output, Catch::Contains(own) && Catch::Contains("mysql-1") && Catch::Contains("mysql-2"));
  set.expect_nothing_published(0);
}

TEST_CASE("a lost primary is not recovered where two replicas each have commits that the other lacks", "[family]") {
  TestSet set;
  set.start_pods(3);
  set.make_rows(50);
  set.expect_same_rows(1);
  set.expect_same_rows(2);
  set.stop_pod(1);
  // Only pod 2 has these rows.
  for (int i = 0; i < 5; ++i) set.make_rows(1);
  set.expect_same_rows(2);
  const std::string first = set.gtid_prefix(0);
  set.stop_pod(2);
  lose_volume(set, 0);
  set.start_server(1);
  set.start_sidecar(1);
  set.start_pod(0);
  // Only pod 1 has these rows.
  for (int i = 0; i < 3; ++i) set.make_rows(1);
  set.expect_same_rows(1);
  wait_told(set, 1);
  const std::string second = set.gtid_prefix(0);
  lose_volume(set, 0);
  set.start_server(2);
  set.start_sidecar(2);
  set.wait_server(2);
  wait_told(set, 2);
  const Ran refused = set.clone(0, {"--on-lost-primary", "recover"});
  INFO(refused.output);
  CHECK(refused.exit_code == 3);
  CHECK_THAT(refused.output, Catch::Contains(first) && Catch::Contains(second));
  CHECK_THAT(refused.output, Catch::Contains("mysql-1") && Catch::Contains("mysql-2"));
  set.expect_nothing_published(0);
}

TEST_CASE("what a server writes back when it stops on an emptied volume is not taken for data", "[family][stream]") {
  TestSet set;
  set.start_pod(0);
  set.make_rows(50);
  const auto emptied_below_the_server = [&] {
    remove_visible(set.data(0));
    set.stop_pod(0);
    std::string left;
    for (const std::string& name : list_directory(set.data(0))) left += " " + name;
    return left;
  };

  SECTION("it is recovered from a replica that has everything") {
    set.start_pod(1);
    set.expect_same_rows(1);
    const std::string rows = set.fingerprint(0);
    wait_told(set, 1);
    INFO("left:" << emptied_below_the_server());
    const Ran refused = set.clone(0, {"--on-lost-primary", "refuse"});
    INFO(refused.output);
    CHECK(refused.exit_code == 3);
    for (const char* point : {"aside.renamed", "aside.synced"}) {
      INFO(point);
      const std::size_t before = list_directory(set.data(0)).size();
      CHECK(set.clone(0, {"--on-lost-primary", "recover"}, crash_at(point)).exit_code == killed);
      CHECK(list_directory(set.data(0)).size() < before);
    }
    const Ran recovered = set.clone(0, {"--on-lost-primary", "recover"});
    INFO(recovered.output);
    CHECK(recovered.exit_code == 0);
    REQUIRE_THAT(recovered.output, !Catch::Contains("kept the data"));
    CHECK(list_directory(set.data(0) / ".mysql-agent" / "set-aside").size() >= 1);
    set.start_containers(0);
    CHECK(set.fingerprint(0) == rows);
    set.make_rows(10);
    set.wait_ready(1);
    expect_same_tables(set, 1);
  }
  SECTION("a replica refuses, until a new clone is asked for") {
    set.start_pod(1);
    set.expect_same_rows(1);
    remove_visible(set.data(1));
    set.stop_pod(1);
    REQUIRE_FALSE(list_directory(set.data(1)).empty());
    const Ran refused = set.clone(1);
    INFO(refused.output);
    CHECK(refused.exit_code == 3);
    CHECK_THAT(refused.output, Catch::Contains("mysql-agent reclone"));
    REQUIRE(run_on_volume(set, "reclone", 1).exit_code == 0);
    set.start_pod(1);
    set.make_rows(10);
    expect_same_tables(set, 1);
    CHECK(list_directory(set.data(1) / ".mysql-agent" / "set-aside").size() == 1);
  }
  SECTION("and where there is no replica, a person must decide") {
    INFO("left:" << emptied_below_the_server());
    const Ran refused = set.clone(0, {"--on-lost-primary", "recover", "--donor-wait", "1s"});
    INFO(refused.output);
    CHECK(refused.exit_code == 3);
    CHECK_THAT(refused.output, !Catch::Contains("kept the data"));
  }
}

TEST_CASE("a recovered primary does not take transactions out of its old log, which lies in another directory",
          "[family]") {
  TestSet set;
  for (const int pod : {0, 1}) {
    keep_log_elsewhere(set, pod);
    set.start_pod(pod);
  }
  set.make_rows(50);
  set.expect_same_rows(1);
  REQUIRE_FALSE(list_directory(log_elsewhere(set, 0)).empty());
  // Only the primary's log has these transactions, and the log is not on the lost volume.
  stop_following(set, 1);
  for (int i = 0; i < 5; ++i) set.make_rows(1);
  lose_volume(set, 0);
  set.start_sidecar(1);
  wait_told(set, 1);
  const std::string rows = set.fingerprint(1);
  const std::string position = executed(set, 1);

  keep_log_elsewhere(set, 0);
  REQUIRE(set.init(0).exit_code == 0);
  const Ran recovered = set.clone(0, {"--on-lost-primary", "recover"});
  INFO(recovered.output);
  REQUIRE(recovered.exit_code == 0);
  set.start_containers(0);
  CHECK(set.fingerprint(0) == rows);
  CHECK(executed(set, 0) == position);
  for (int i = 0; i < 10; ++i) set.make_rows(1);
  CHECK(set.value(0, "SELECT COUNT(*) FROM test.rows_of") == "60");
  set.wait_ready(1);
  expect_same_tables(set, 1);
  INFO("and so is a replica that is made of it");
  keep_log_elsewhere(set, 2);
  set.start_pod(2);
  expect_same_tables(set, 2);
}

TEST_CASE("reclone heals a replica that diverged although its old log lies in another directory", "[family]") {
  TestSet set;
  for (const int pod : {0, 1}) {
    keep_log_elsewhere(set, pod);
    set.start_pod(pod);
  }
  set.make_rows(50);
  set.expect_same_rows(1);
  write_own_rows(set, 1, 3);
  set.wait_not_ready(1, "");
  const Ran asked = run_on_volume(set, "reclone", 1);
  INFO(asked.output);
  REQUIRE(asked.exit_code == 0);
  set.stop_pod(1);
  set.make_rows(10);
  keep_log_elsewhere(set, 1);
  set.start_pod(1);
  CHECK(own_rows(set, 1) == "0");
  set.make_rows(10);
  set.wait_ready(1);
  expect_same_tables(set, 1);
  CHECK_THAT(executed(set, 1), !Catch::Contains(set.gtid_prefix(1)));
}

TEST_CASE("a recovered primary keeps the log of what it wrote before its sidecar came", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(20);
  set.sql(0, "CREATE TABLE test.plain (n INT, body VARCHAR(100))");
  set.expect_same_rows(1);
  wait_told(set, 1);
  lose_volume(set, 0);
  REQUIRE(set.init(0).exit_code == 0);
  const Ran recovered = set.clone(0);
  INFO(recovered.output);
  REQUIRE(recovered.exit_code == 0);
  set.start_server(0);
  set.wait_server(0);
  write_own(set, 0, {"INSERT INTO test.plain VALUES (77, 'own')"});
  set.start_sidecar(0);
  set.wait_ready(0);
  set.make_rows(3);
  set.wait_ready(1);
  expect_same_tables(set, 1);
  CHECK(set.value(1, "SELECT COUNT(*) FROM test.plain") == "1");
}
