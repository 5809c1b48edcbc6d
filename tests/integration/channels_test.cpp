#include <catch2/catch.hpp>

#include "tests/support/said.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
using namespace std::chrono_literals;

namespace {

// A second source, at a port where nobody listens: its I/O thread fails.
void add_failing_source(const TestSet& set, int ordinal, const std::string& name) {
  MysqlClient client(set.login(ordinal), 30s);
  if (set.kind().is_mysql()) {
    client.execute(
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = 1, SOURCE_USER = 'x', "
        "SOURCE_PASSWORD = 'x', SOURCE_AUTO_POSITION = 1 FOR CHANNEL '" +
        name + "'");
    client.execute("START REPLICA FOR CHANNEL '" + name + "'");
    return;
  }
  client.execute("CHANGE MASTER '" + name +
                 "' TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 1, MASTER_USER = 'x', MASTER_PASSWORD = 'x', "
                 "MASTER_USE_GTID = slave_pos");
  client.execute("START REPLICA '" + name + "'");
}

std::vector<std::string> sources(const TestSet& set, int ordinal) {
  MysqlClient client(set.login(ordinal), 30s);
  const bool mysql = set.kind().is_mysql();
  std::vector<std::string> names;
  for (const Row& row : client.query(mysql ? "SHOW REPLICA STATUS" : "SHOW ALL REPLICAS STATUS"))
    names.push_back(row.at(mysql ? "Channel_Name" : "Connection_name").value_or("NULL"));
  return names;
}

}  // namespace

TEST_CASE("a second source of a replica that fails is said, and the set's own is judged rightly beside it",
          "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);
  const std::string name = "a_feed";
  add_failing_source(set, 1, name);
  const auto is_ready = [&] { return set.probe(1, "/readyz").status == 200; };
  const auto has_both = [&] { return sources(set, 1) == std::vector<std::string>{"", name}; };
  const auto expect_right = [&] {
    INFO(told_by(set, 1));
    CHECK(eventually(20s, is_ready));
    set.make_rows(10);
    set.expect_same_rows(1);
    CHECK(set.source_of(1) == TestSet::address(0));
    CHECK(has_both());
  };
  CHECK(comes_to_tell(set, 1, name));
  CHECK_THAT(set.probe(1, "/readyz").body + set.probe(1, "/metrics").body, Catch::Contains(name));
  expect_right();

  INFO("a thread of its own that has stopped is started beside the one that fails");
  set.sql(1, std::string("STOP REPLICA SQL_THREAD") + (set.kind().is_mysql() ? " FOR CHANNEL ''" : ""));
  CHECK(eventually(20s, is_ready));

  INFO("the sidecar sets replication up anew");
  {
    MysqlClient client(set.login(1), 30s);
    const bool mysql = set.kind().is_mysql();
    client.execute(mysql ? "STOP REPLICA FOR CHANNEL ''" : "STOP REPLICA");
    client.execute(mysql ? "CHANGE REPLICATION SOURCE TO SOURCE_PORT = 1 FOR CHANNEL ''"
                         : "CHANGE MASTER TO MASTER_PORT = 1");
  }
  CHECK(eventually(20s, [&] { return set.source_of(1) == TestSet::address(0) && is_ready(); }));
  expect_right();

  INFO("its own is gone altogether, and the other one is the first that the server tells");
  set.sql(1, std::string("STOP REPLICA") + (set.kind().is_mysql() ? " FOR CHANNEL ''" : ""));
  set.sql(1, std::string("RESET REPLICA ALL") + (set.kind().is_mysql() ? " FOR CHANNEL ''" : ""));
  expect_right();

  INFO("the server starts anew");
  set.stop_server(1);
  set.start_server(1);
  set.wait_server(1);
  expect_right();
}
