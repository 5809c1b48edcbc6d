#include <catch2/catch.hpp>

#include "common/base/file.hpp"
#include "tests/support/comparison.hpp"
#include "tests/support/same_rows.hpp"
#include "tests/support/snapshot.hpp"
#include "tests/support/watch.hpp"

// Whom a primary believes before it opens, and what of its openings a replica knows: rows are compared, not states.

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

bool is_ready(const TestSet& set, int pod) {
  return set.probe(pod, "/readyz").status == 200;
}

// After some quiet a pod that is Ready has the primary's rows.
void expect_truth(TestSet& set, const std::vector<int>& pods) {
  for (const int pod : pods) eventually(std::chrono::seconds(25), [&] { return is_ready(set, pod); });
  std::this_thread::sleep_for(std::chrono::seconds(4));
  const Tables primary = tables_of(set, 0);
  for (const int pod : pods) {
    std::string differs;
    const bool same = eventually(std::chrono::seconds(6), [&] {
      differs = difference(primary, tables_of(set, pod));
      return differs.empty();
    });
    const auto answer = set.probe(pod, "/readyz");
    INFO("pod " << pod << ": " << answer.body << differs);
    CHECK_FALSE((answer.status == 200 && !same));
  }
}

// A table without a key too: a row that is applied twice shows there.
void begin(TestSet& set, int count = 2) {
  set.start_pods(count);
  set.make_rows(20);
  set.sql(0, "CREATE TABLE test.plain (n INT, body VARCHAR(100))");
  for (int i = 0; i < 5; ++i) set.sql(0, "INSERT INTO test.plain VALUES (" + std::to_string(i) + ", 'first')");
  for (int pod = 1; pod < count; ++pod) set.expect_same_rows(pod);
}

void restart_pod(TestSet& set, int pod) {
  if (set.has_sidecar(pod)) set.stop_sidecar(pod);
  if (set.has_server(pod)) set.stop_server(pod);
  REQUIRE(set.init(pod).exit_code == 0);
  const Ran kept = set.clone(pod);
  INFO(kept.output);
  REQUIRE(kept.exit_code == 0);
  set.start_server(pod);
  set.wait_server(pod);
  set.start_sidecar(pod);
}

bool opened(const TestSet& set, std::chrono::seconds within = std::chrono::seconds(60)) {
  return eventually(within, [&] { return is_ready(set, 0); });
}

// As root, past read_only.
void write_own(const TestSet& set, int ordinal, const std::string& statement) {
  set.let_root_write(ordinal);
  set.sql(ordinal, statement);
}

}  // namespace

TEST_CASE("a primary that went back takes no write while only a replica on hold has what it lost", "[family]") {
  TestSet set;
  begin(set);
  set.stop_pod(0);
  const VolumeSnapshot snapshot(set, 0);
  set.start_pod(0);
  set.wait_ready(1);
  for (int i = 0; i < 5; ++i) set.make_rows(1);
  set.sql(0, "INSERT INTO test.plain VALUES (66, 'acknowledged')");
  set.expect_same_rows(1);
  write_own(set, 1, "INSERT INTO test.plain VALUES (77, 'own')");
  set.wait_not_ready(1, "transactions of its own");
  set.stop_pod(0);
  snapshot.put_back();
  restart_pod(set, 0);
  set.wait_not_ready(0, "cannot be taken back from there: it has transactions of its own");
  std::this_thread::sleep_for(std::chrono::seconds(12));
  CHECK_FALSE(is_ready(set, 0));
  // A person gives these rows up.
  REQUIRE(run_on_volume(set, "release", 0).exit_code == 0);
  REQUIRE(opened(set));
  CHECK(set.value(0, "SELECT COUNT(*) FROM test.plain WHERE n IN (66, 77)") == "0");
  expect_truth(set, {1});
}

TEST_CASE("a primary that went back takes no row that a replica on hold wrote itself", "[family]") {
  TestSet set;
  begin(set, 3);
  set.stop_pod(0);
  const VolumeSnapshot snapshot(set, 0);
  set.start_pod(0);
  set.wait_ready(1);
  set.wait_ready(2);
  for (int i = 0; i < 5; ++i) set.make_rows(1);
  set.expect_same_rows(1);
  set.expect_same_rows(2);
  // A person's mistake on mysql-1, which is on hold for it.
  write_own(set, 1, "DELETE FROM test.plain");
  set.wait_not_ready(1, "transactions of its own");
  set.stop_pod(0);
  snapshot.put_back();
  restart_pod(set, 0);
  REQUIRE(opened(set));
  CHECK(set.value(0, "SELECT COUNT(*) FROM test.plain") == "5");
  set.make_rows(1);
  expect_truth(set, {1, 2});
}

TEST_CASE("a primary takes nothing back from a replica of before its recovery", "[family]") {
  TestSet set;
  begin(set, 2);
  set.stop_pod(0);
  const VolumeSnapshot snapshot(set, 0);
  set.start_pod(0);
  set.wait_ready(1);
  for (int i = 0; i < 20; ++i) set.sql(0, "INSERT INTO test.plain VALUES (" + std::to_string(i) + ", 'lost branch')");
  std::this_thread::sleep_for(std::chrono::seconds(3));
  set.stop_pod(1);
  set.stop_pod(0);
  snapshot.put_back();
  restart_pod(set, 0);
  REQUIRE(opened(set));
  for (int i = 0; i < 10; ++i) set.sql(0, "INSERT INTO test.plain VALUES (" + std::to_string(i) + ", 'new branch')");
  std::this_thread::sleep_for(std::chrono::seconds(3));
  restart_pod(set, 1);
  set.wait_not_ready(1, "recovered from a replica that had less");
  // The primary's pod is started again, for any reason.
  restart_pod(set, 0);
  REQUIRE(opened(set));
  CHECK(set.value(0, "SELECT COUNT(*) FROM test.plain WHERE body = 'lost branch'") == "0");
  CHECK(set.value(0, "SELECT COUNT(*) FROM test.plain WHERE body = 'new branch'") == "10");
  set.make_rows(1);
  expect_truth(set, {1});
}

TEST_CASE("a recovered primary that starts again takes nothing from a replica that had more", "[family]") {
  TestSet set;
  begin(set, 3);
  // mysql-1 is away while the last rows are written; mysql-2 has them.
  set.stop_pod(1);
  for (int i = 0; i < 10; ++i) set.sql(0, "INSERT INTO test.plain VALUES (" + std::to_string(i) + ", 'lost branch')");
  std::this_thread::sleep_for(std::chrono::seconds(3));
  set.stop_pod(2);
  set.stop_pod(0);
  std::filesystem::remove_all(set.data(0));
  restart_pod(set, 1);
  set.wait_not_ready(1, "");
  set.wait_clonable(1);
  restart_pod(set, 0);
  REQUIRE(opened(set));
  for (int i = 0; i < 4; ++i) set.sql(0, "INSERT INTO test.plain VALUES (" + std::to_string(i) + ", 'new branch')");
  set.wait_ready(1);
  restart_pod(set, 2);
  set.wait_not_ready(2, "recovered from a replica that had less");
  std::this_thread::sleep_for(std::chrono::seconds(3));
  restart_pod(set, 0);
  REQUIRE(opened(set));
  CHECK(set.value(0, "SELECT COUNT(*) FROM test.plain WHERE body = 'lost branch'") == "0");
  CHECK(set.value(0, "SELECT COUNT(*) FROM test.plain WHERE body = 'new branch'") == "4");
  set.make_rows(1);
  expect_truth(set, {1, 2});
}

TEST_CASE("a primary that went back takes no write while what it lost is in no log", "[family]") {
  TestSet set;
  begin(set, 2);
  set.stop_pod(0);
  const VolumeSnapshot snapshot(set, 0);
  set.start_pod(0);
  set.wait_ready(1);
  for (int i = 0; i < 5; ++i) set.make_rows(1);
  set.wait_clonable(0);
  // mysql-1 is cloned anew: its log has none of these rows.
  set.stop_pod(1);
  std::filesystem::remove_all(set.data(1));
  set.start_pod(1);
  set.expect_same_rows(1);
  set.stop_pod(0);
  snapshot.put_back();
  restart_pod(set, 0);
  set.wait_not_ready(0, "its binary log begins later");
  std::this_thread::sleep_for(std::chrono::seconds(12));
  CHECK_FALSE(is_ready(set, 0));
}

TEST_CASE("a pod that is silent for a moment while the primary takes back from it ends nothing", "[family][stream]") {
  TestSet set;
  // So that it takes a while. MySQL has no such option.
  write_text(set.config_map() / "primary.cnf", "[mysqld]\nread_binlog_speed_limit=4\n");
  begin(set, 2);
  set.stop_pod(0);
  const VolumeSnapshot snapshot(set, 0);
  set.start_pod(0);
  set.wait_ready(1);
  for (int i = 0; i < 120; ++i) set.make_rows(1, 1000);
  set.expect_same_rows(1);
  const std::string rows = set.fingerprint(1);
  set.stop_pod(0);
  snapshot.put_back();
  restart_pod(set, 0);
  REQUIRE(eventually(std::chrono::seconds(20),
                     [&] { return set.sidecar(0).output().find("began to take back") != std::string::npos; }));
  std::this_thread::sleep_for(std::chrono::seconds(11));
  // Its sidecar alone: the server goes on to hand out its log.
  set.sidecar(1).signal(SIGSTOP);
  std::this_thread::sleep_for(std::chrono::seconds(8));
  set.sidecar(1).signal(SIGCONT);
  REQUIRE(opened(set, std::chrono::seconds(90)));
  CHECK(set.fingerprint(0) == rows);
  expect_truth(set, {1});
}

TEST_CASE("an opening that a snapshot of the primary forgot is learnt from its replicas", "[family]") {
  TestSet set;
  begin(set, 3);
  set.stop_pod(0);
  const VolumeSnapshot snapshot(set, 0);
  set.start_pod(0);
  set.wait_ready(1);
  set.wait_ready(2);
  set.stop_pod(1);
  for (int i = 0; i < 5; ++i) set.make_rows(1);
  set.expect_same_rows(2);
  // mysql-2 alone keeps these rows, and is scaled away.
  set.stop_pod(2);
  set.stop_pod(0);
  snapshot.put_back();
  restart_pod(set, 0);
  REQUIRE(opened(set));
  for (int i = 0; i < 10; ++i) set.make_rows(1);
  restart_pod(set, 1);
  set.wait_ready(1);
  set.expect_same_rows(1);
  // And the volume goes back a second time, to before that opening.
  set.stop_pod(0);
  snapshot.put_back();
  restart_pod(set, 0);
  REQUIRE(opened(set));
  set.make_rows(3);
  std::this_thread::sleep_for(std::chrono::seconds(3));
  restart_pod(set, 2);
  expect_truth(set, {1, 2});
}

TEST_CASE("a replica whose node stood still while the primary went back is not ready with other rows", "[family]") {
  TestSet set;
  begin(set);
  set.stop_pod(0);
  const VolumeSnapshot snapshot(set, 0);
  set.start_pod(0);
  set.wait_ready(1);
  for (int i = 0; i < 5; ++i) set.make_rows(1);
  set.expect_same_rows(1);
  std::this_thread::sleep_for(std::chrono::seconds(3));
  // The node of mysql-1 is frozen (a paused virtual machine), or cut off.
  set.sidecar(1).signal(SIGSTOP);
  set.server(1).signal(SIGSTOP);
  set.stop_sidecar(0);
  set.stop_server(0, SIGKILL);
  snapshot.put_back();
  REQUIRE(set.init(0).exit_code == 0);
  REQUIRE(set.clone(0).exit_code == 0);
  set.start_server(0);
  set.wait_server(0);
  set.start_sidecar(0);
  REQUIRE(opened(set));
  for (int i = 0; i < 8; ++i) set.make_rows(1);
  // The primary's sidecar has looked since.
  std::this_thread::sleep_for(std::chrono::seconds(5));
  set.server(1).signal(SIGCONT);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  set.sidecar(1).signal(SIGCONT);
  expect_truth(set, {1});
}

TEST_CASE("a replica catches up from no sibling that filters", "[family]") {
  TestSet set;
  begin(set, 3);
  set.sql(0, "CREATE DATABASE other");
  set.sql(0, "CREATE TABLE other.t (id INT PRIMARY KEY)");
  set.make_rows(1);
  set.expect_same_rows(1);
  set.expect_same_rows(2);
  {
    MysqlClient client(set.login(2), std::chrono::seconds(30));
    client.execute(set.kind().is_mysql() ? "STOP REPLICA" : "STOP SLAVE");
    client.execute(set.kind().is_mysql() ? "CHANGE REPLICATION FILTER REPLICATE_IGNORE_DB = (other)"
                                         : "SET GLOBAL replicate_ignore_db = 'other'");
    client.execute(set.kind().is_mysql() ? "START REPLICA" : "START SLAVE");
  }
  set.stop_pod(1);
  for (int i = 0; i < 3; ++i) {
    MysqlClient client(set.login(0), std::chrono::seconds(30));
    client.execute("USE other");
    client.execute("INSERT INTO t VALUES (" + std::to_string(i) + ")");
  }
  set.make_rows(2);
  set.expect_same_rows(2);
  set.purge_logs(0);
  std::this_thread::sleep_for(std::chrono::seconds(3));
  restart_pod(set, 1);
  expect_truth(set, {1});
}
