#include <catch2/catch.hpp>

#include "common/base/file.hpp"
#include "tests/support/client.hpp"
#include "tests/support/same_rows.hpp"
#include "tests/support/snapshot.hpp"
#include "tests/support/watch.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

// Three pods with rows and a client's account. The primary's volume lacks five transactions that the replicas have.
void put_primary_back(TestSet& set) {
  set.start_pods(3);
  set.make_rows(50);
  Client::prepare(set);
  set.expect_same_rows(1);
  set.expect_same_rows(2);
  set.stop_pod(0);
  const VolumeSnapshot snapshot(set, 0);
  set.start_pod(0);
  set.wait_ready(1);
  set.wait_ready(2);
  for (int i = 0; i < 5; ++i) set.make_rows(1);
  set.expect_same_rows(1);
  set.expect_same_rows(2);
  set.stop_pod(0);
  snapshot.put_back();
}

void begin_again(TestSet& set) {
  REQUIRE(set.init(0).exit_code == 0);
  const Ran kept = set.clone(0);
  INFO(kept.output);
  REQUIRE(kept.exit_code == 0);
}

std::string read_only(const TestSet& set, int ordinal) {
  return set.value(ordinal, "SELECT @@GLOBAL.read_only");
}

}  // namespace

TEST_CASE("a primary whose volume went back takes what it lacks from its replicas before it takes a write",
          "[family]") {
  TestSet set;
  put_primary_back(set);
  const std::string rows = set.fingerprint(1);
  begin_again(set);
  set.start_server(0);
  Client client(set);
  set.wait_server(0);
  INFO("without its sidecar it takes no write");
  CHECK(read_only(set, 0) == "1");
  CHECK_FALSE(eventually(std::chrono::seconds(1), [&] { return client.acknowledged() > 0; }));
  set.start_sidecar(0);
  set.wait_ready(0);
  CHECK(eventually(std::chrono::seconds(30), [&] { return client.acknowledged() >= 20; }));
  const auto acknowledged = client.stop();
  CHECK(set.fingerprint(0) == rows);
  CHECK(set.source_of(0).empty());
  for (const int pod : {1, 2}) {
    INFO("pod " << pod << ": " << set.probe(pod, "/readyz").body);
    CHECK(set.fingerprint(pod) == rows);
    CHECK(eventually(std::chrono::seconds(20), [&] { return set.probe(pod, "/readyz").status == 200; }));
    expect_same_tables(set, pod);
  }
  for (const int pod : {0, 1, 2}) {
    CHECK(Client::missing(set, pod, acknowledged).empty());
    expect_no_gtid_twice(set, pod);
  }
}

TEST_CASE("a primary whose volume went back and that wrote something else stays closed", "[family]") {
  // MariaDB uses the numbers of the lost transactions again, unless another server wrote them.
  const bool other_server_id = GENERATE(false, true);
  TestSet set;
  if (set.kind().is_mysql() && other_server_id) return;
  INFO((other_server_id ? "by another server id" : "by its own server id"));
  put_primary_back(set);
  const std::string rows = set.fingerprint(1);
  begin_again(set);
  set.start_server(0);
  set.wait_server(0);
  // A person starts the server without the agent.
  std::vector<std::string> statements;
  if (other_server_id) statements.emplace_back("SET SESSION server_id = 77");
  // Fewer transactions than the lost ones, and nothing that replicating those would stumble over.
  statements.emplace_back("CREATE TABLE test.others (body VARCHAR(40) PRIMARY KEY)");
  statements.emplace_back("INSERT INTO test.others VALUES ('something else')");
  if (set.kind().is_mysql()) {
    // With its old UUID the server would use GTIDs again that the replicas have. Nothing could tell them apart.
    statements.insert(statements.begin(), "SET SESSION GTID_NEXT = '11111111-2222-3333-4444-555555555555:1'");
    statements.insert(statements.end() - 1, "SET SESSION GTID_NEXT = '11111111-2222-3333-4444-555555555555:2'");
    statements.emplace_back("SET SESSION GTID_NEXT = AUTOMATIC");
  }
  write_own(set, 0, statements);
  const auto ready = watch_ready(set, 0);
  Client client(set);
  set.start_sidecar(0);
  set.wait_not_ready(0, "");
  // The primary waits less time than this for a silent pod.
  CHECK_FALSE(eventually(std::chrono::seconds(14), [&] { return client.acknowledged() > 0; }));
  CHECK(read_only(set, 0) == "1");
  CHECK(ready->seen() == "");
  CHECK(client.stop().empty());
  CHECK(set.value(0, "SELECT body FROM test.others") == "something else");
  for (const int pod : {1, 2}) CHECK(set.fingerprint(pod) == rows);
}

TEST_CASE("a replica that met its primary before that had taken back what it lacks goes on by itself", "[family]") {
  TestSet set;
  put_primary_back(set);
  begin_again(set);
  set.start_server(0);
  set.wait_server(0);
  INFO("the source does not know the replica's position");
  set.sql(1, set.kind().is_mysql() ? "START REPLICA IO_THREAD" : "START SLAVE IO_THREAD");
  set.wait_not_ready(1, "1236");
  set.start_sidecar(0);
  set.wait_ready(0);
  set.wait_ready(1);
  set.make_rows(3);
  for (const int pod : {1, 2}) set.expect_same_rows(pod);
  expect_same_tables(set, 1);
}

TEST_CASE("a primary opens when all pods have answered, and waits no longer than ten seconds for a silent one",
          "[family]") {
  const bool silent = GENERATE(false, true);
  INFO((silent ? "one is silent" : "all answer"));
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  Client::prepare(set);
  set.expect_same_rows(1);
  set.stop_pod(0);

  // A pod whose sidecar is stopped accepts connections, and says nothing.
  if (silent) set.sidecar(1).signal(SIGSTOP);
  begin_again(set);
  set.start_server(0);
  set.wait_server(0);
  CHECK(read_only(set, 0) == "1");
  const auto begun = std::chrono::steady_clock::now();
  set.start_sidecar(0);
  const bool opened = eventually(std::chrono::seconds(40), [&] { return set.probe(0, "/readyz").status == 200; });
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun).count();
  if (silent) set.sidecar(1).signal(SIGCONT);
  INFO(set.probe(0, "/readyz").body << set.sidecar(0).output());
  REQUIRE(opened);
  CHECK(took < (silent ? 30'000 : 10'000));
  if (silent) {
    CHECK(took > 8'000);
    CHECK_THAT(set.sidecar(0).output(), Catch::Contains("warning") && Catch::Contains("mysql-1"));
  }
  CHECK(read_only(set, 0) == "0");
  CHECK(donor_says(set, 0, "open"));
  Client client(set);
  CHECK(eventually(std::chrono::seconds(10), [&] { return client.acknowledged() > 5; }));
  client.stop();
  set.wait_ready(1);
  expect_same_tables(set, 1);
}

TEST_CASE("a sidecar killed at any step of an opening ends, started again, in the same rows", "[family]") {
  TestSet set;
  put_primary_back(set);
  const std::string rows = set.fingerprint(1);
  begin_again(set);
  set.start_server(0);
  set.wait_server(0);
  for (const char* point : {"opening.catching_up", "opening.caught_up", "opening.written", "opening.opened"}) {
    INFO(point);
    set.crash_sidecar(0, point);
  }
  set.start_sidecar(0);
  set.wait_ready(0);
  CHECK(set.fingerprint(0) == rows);
  CHECK(set.source_of(0).empty());
  CHECK(set.value(0, "SELECT @@server_id") == "100");
  set.make_rows(20);
  for (const int pod : {1, 2}) {
    set.wait_ready(pod);
    set.expect_same_rows(pod);
  }
}

TEST_CASE("a primary that an option opens is opened at the position of its start", "[family]") {
  TestSet set;
  write_text(set.config_map() / "primary.cnf",
             set.kind().is_mysql() ? "[mysqld]\nsuper_read_only=OFF\nread_only=OFF\n" : "[mysqld]\nread_only=OFF\n");
  put_primary_back(set);
  begin_again(set);
  set.start_server(0);
  set.wait_server(0);
  // More transactions than the lost ones, under the same GTIDs.
  for (int i = 0; i < 10; ++i) set.make_rows(1);
  set.start_sidecar(0);
  for (const int pod : {1, 2}) set.wait_not_ready(pod, "the primary was recovered");
}

TEST_CASE("replicas of a primary that wrote outside its log are on hold until a new clone", "[family]") {
  const std::string line = GENERATE("binlog_ignore_db=other", "read_only=OFF\nskip-log-bin", "gtid_mode=OFF");
  TestSet set;
  if (!set.kind().is_mysql() && line == "gtid_mode=OFF") return;
  INFO(line);
  set.start_pods(2);
  set.make_rows(5);
  set.sql(0, "CREATE DATABASE other");
  set.sql(0, "CREATE TABLE other.t (id INT PRIMARY KEY)");
  set.expect_same_rows(1);
  // The primary notes an end of its log.
  std::this_thread::sleep_for(std::chrono::seconds(2));
  set.stop_pod(0);
  const bool no_log = line.find("skip-log-bin") != std::string::npos;
  const std::string all = no_log && set.kind().is_mysql() ? "super_read_only=OFF\n" + line : line;
  write_text(set.config_map() / "primary.cnf", "[mysqld]\n" + all + "\n");
  begin_again(set);
  set.start_containers(0);
  set.wait_ready(0);
  write_own(set, 0, {"USE other", "INSERT INTO t VALUES (1)"});
  set.stop_pod(0);
  write_text(set.config_map() / "primary.cnf", "[mysqld]\n");
  begin_again(set);
  set.start_containers(0);
  set.wait_ready(0);
  set.make_rows(2);
  set.wait_not_ready(1, "the primary was recovered");
  const auto ready = watch_ready(set, 1);
  ready->wait_looks(30);
  CHECK(ready->seen() == "");
}

TEST_CASE("a primary without a binary log does not open", "[family]") {
  TestSet set;
  set.start_pod(0);
  set.stop_pod(0);
  write_text(set.config_map() / "primary.cnf", "[mysqld]\nskip-log-bin\n");
  begin_again(set);
  set.start_server(0);
  set.wait_server(0);
  set.start_sidecar(0);
  set.wait_not_ready(0, "it has no binary log");
  CHECK_FALSE(eventually(std::chrono::seconds(12), [&] { return read_only(set, 0) != "1"; }));
}
