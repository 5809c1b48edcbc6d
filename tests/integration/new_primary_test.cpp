#include <catch2/catch.hpp>

#include "common/base/file.hpp"
#include "common/server/server_facts.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

// The primary loses its volume and comes up empty. It has the same server id and the same names of binary logs, and on
// MariaDB it makes the same GTIDs. The account of the replicas exists from the first moment.
void begin_anew(TestSet& set) {
  set.stop_pod(0);
  std::filesystem::remove_all(set.data(0));
  REQUIRE(set.clone(0, {"--on-lost-primary", "initialize"}).exit_code == 0);
}

// Writes as a client that finds the primary empty, and makes its tables again.
void write_as_a_client(const TestSet& set) {
  set.wait_server(0);
  set.let_root_write(0);  // no sidecar has opened it
  MysqlClient client(set.login(0), std::chrono::seconds(30));
  client.execute("DROP DATABASE IF EXISTS test");
  set.make_rows(1);
  for (int i = 0; i < 60; ++i) client.execute("UPDATE test.rows_of SET body = " + std::to_string(i));
  client.execute("TRUNCATE TABLE test.rows_of");
}

}  // namespace

TEST_CASE("a primary that was begun anew empties no replica's tables, whoever began it", "[family]") {
  // The data is made by clone-mysql, because a person asked for it, or by an image's entrypoint in a pod without
  // clone-mysql.
  const bool by_entrypoint = GENERATE(false, true);
  INFO((by_entrypoint ? "by an entrypoint" : "by clone-mysql"));
  TestSet set;
  if (set.kind().is_mysql() && by_entrypoint && !long_tests())
    return;  // takes half a minute; the test on MariaDB shows the same
  set.start_pods(3);
  set.make_rows(100);
  set.expect_same_rows(1);
  set.expect_same_rows(2);
  const std::string rows = set.fingerprint(1);
  // Pod 2 is a clone of the old set, and has not set up replication yet.
  set.stop_pod(2);
  std::filesystem::remove_all(set.data(2));
  REQUIRE(set.clone(2).exit_code == 0);
  begin_anew(set);
  if (by_entrypoint) std::filesystem::remove_all(set.data(0) / ".mysql-agent");
  set.start_server(0);
  write_as_a_client(set);
  set.start_server(2);
  set.start_sidecar(2);
  INFO("without its sidecar nobody knows what the primary's server is");
  CHECK(eventually(std::chrono::seconds(10), [&] {
    const std::string said = set.probe(1, "/readyz").body;
    return said.starts_with("ok; without its source for ") &&
           said.find("the primary's sidecar at 127.0.0.10 does not answer") != std::string::npos;
  }));
  set.wait_not_ready(2, "the primary's sidecar at 127.0.0.10 does not answer");
  set.start_sidecar(0);
  set.wait_ready(0);
  for (const int ordinal : {1, 2}) {
    set.wait_not_ready(ordinal, "the primary's data is of another set");
    CHECK(set.probe(ordinal, "/livez").status == 200);
    CHECK(set.fingerprint(ordinal) == rows);
  }
  INFO("a sidecar that starts again finds the same");
  set.stop_sidecar(1);
  set.start_sidecar(1);
  set.wait_not_ready(1, "the primary's data is of another set");
  CHECK(set.fingerprint(1) == rows);

  if (by_entrypoint) {
    INFO("the primary is right: the replicas are cloned anew");
    for (const int ordinal : {1, 2}) {
      set.stop_pod(ordinal);
      std::filesystem::remove_all(set.data(ordinal));
      set.start_pod(ordinal);
    }
  } else {
    INFO("the replicas are right: the primary is recovered from them");
    set.stop_pod(0);
    std::filesystem::remove_all(set.data(0));
    set.start_pod(0);
    CHECK(set.fingerprint(0) == rows);
  }
  set.wait_ready(2);
  set.wait_ready(1);
  set.make_rows(20);
  set.expect_same_rows(1);
  set.expect_same_rows(2);
}

TEST_CASE("a replica that finds itself connected to another set leaves it at once", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(100);
  set.expect_same_rows(1);
  set.stop_sidecar(1);
  // Another set_id, as if the primary had been made again between two looks of the sidecar.
  std::string state = read_text(set.state_file(1));
  const std::string name = "\"set_id\": \"";
  const std::size_t at = state.find(name);
  REQUIRE(at != std::string::npos);
  const char first = state[at + name.size()];
  state[at + name.size()] = state[at + name.size()] == '0' ? '1' : '0';
  write_text(set.state_file(1), state);
  set.start_sidecar(1, {}, {std::string("MYSQL_AGENT_TEST_CRASH_AT=") + "replication.doubted"});
  CHECK(set.sidecar(1).wait(std::chrono::seconds(30)) == 128 + SIGKILL);
  set.start_sidecar(1);
  set.wait_not_ready(1, "the primary's data is of another set");
  CHECK_THAT(set.sidecar(1).output(), Catch::Contains("stopped replication: the primary is of another set"));
  set.wait_not_ready(1, "may be of either set");
  const std::string rows = set.fingerprint(1);
  set.make_rows(20);
  CHECK(set.fingerprint(1) == rows);
  INFO("when the primary is of its set again, nothing of that relay log is applied: it is received anew");
  set.stop_sidecar(1);
  state = read_text(set.state_file(1));
  CHECK_THAT(state, Catch::Contains("\"doubtful_relay_log\": true"));
  state[at + name.size()] = first;
  write_text(set.state_file(1), state);
  set.start_sidecar(1);
  set.wait_ready(1);
  set.expect_same_rows(1);
  CHECK_THAT(set.sidecar(1).output(), Catch::Contains("the relay log may hold events of another set"));
  CHECK_THAT(read_text(set.state_file(1)), !Catch::Contains("doubtful_relay_log"));
}

TEST_CASE("a replica applies what it had received when its primary was begun anew", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);
  set.stop_sidecar(1);
  set.sql(1, "STOP REPLICA");
  set.sql(1, set.kind().is_mysql() ? "CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 25"
                                   : "CHANGE MASTER TO MASTER_DELAY = 25");
  set.start_sidecar(1);
  set.wait_ready(1);
  for (int i = 0; i < 5; ++i) set.make_rows(10);
  const std::string rows = set.fingerprint(0);
  const auto end_of_log = [](const TestSet& all) {
    const auto logs = MysqlClient(all.login(0), std::chrono::seconds(10)).query("SHOW BINARY LOGS");
    return Position{"", logs.back().at("Log_name").value_or(""), std::stoull(logs.back().at("File_size").value_or("0"))}
        .text();
  };
  const std::string end = end_of_log(set);
  REQUIRE(eventually(std::chrono::seconds(20), [&] {
    MysqlClient client(set.login(1), std::chrono::seconds(10));
    const Position received = read_server_facts(client).replica->received;
    return Position{"", received.binlog_file, received.binlog_offset}.text() == end;
  }));
  set.stop_pod(0, SIGKILL);
  std::filesystem::remove_all(set.data(0));
  REQUIRE(set.clone(0, {"--on-lost-primary", "initialize"}).exit_code == 0);
  set.start_containers(0);
  set.make_rows(1);
  set.wait_not_ready(1, "the primary's data is of another set");
  INFO("it is here that the test proves something: not all was applied when the replica saw the other set");
  CHECK(set.fingerprint(1) != rows);
  CHECK(eventually(std::chrono::seconds(60), [&] { return set.fingerprint(1) == rows; }));
  INFO("and the primary can be recovered with all of it");
  set.stop_pod(0);
  std::filesystem::remove_all(set.data(0));
  set.start_pod(0);
  CHECK(set.fingerprint(0) == rows);
  set.make_rows(20);
  set.expect_same_rows(1);
  set.wait_ready(1);
}

TEST_CASE("a primary whose state was removed gets its set's identity back by hand, and the replicas go on", "[once]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(100);
  set.expect_same_rows(1);
  const std::string name = "\"set_id\": \"";
  const auto set_id = [&](int pod) {
    const std::string state = read_text(set.state_file(pod));
    return state.substr(state.find(name) + name.size(), 32);
  };
  const std::string id = set_id(1);
  set.stop_pod(0);
  std::filesystem::remove(set.state_file(0));
  set.start_pod(0);
  set.wait_not_ready(1, "the primary's data is of another set");
  const std::string made = set_id(0);
  CHECK(made != id);
  std::string state = read_text(set.state_file(0));
  write_text(set.state_file(0), state.replace(state.find(made), made.size(), id));
  set.wait_ready(1);
  set.make_rows(20);
  set.expect_same_rows(1);
  CHECK(set_id(0) == id);
}
