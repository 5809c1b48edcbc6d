#include <catch2/catch.hpp>

#include "common/server/dialect.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

void wipe(TestSet& set, int ordinal) {
  std::filesystem::remove_all(set.data(ordinal));
}

}  // namespace

TEST_CASE("clone-mysql killed at any of its steps ends, started again, in the same replica") {
  TestSet set;
  set.start_pod(0);
  // A clone by the plugin needs enough data, so that the test can see the copy while it runs.
  set.make_rows(set.kind().has_backup_tool() ? 200 : 60'000, 1000);
  REQUIRE(set.init(1).exit_code == 0);
  std::vector<std::string> points{"clone.receiving", "prepare.done",   "state.cloning",    "clone.synced",
                                  "state.cloned",    "state.prepared", "state.publishing", "publish.renamed",
                                  "publish.synced",  "state.published"};
  // A clone by the plugin starts a server twice, and its steps after the copy are those of a stream: fewer are enough.
  if (!set.kind().has_backup_tool())
    points = {"plugin.initialized", "plugin.cloning",   "clone.receiving", "plugin.confirmed",
              "state.cloned",       "state.publishing", "publish.renamed", "state.published"};
  for (const std::string& point : points) {
    INFO(point);
    wipe(set, 1);
    Writer writer(set);
    const Ran crashed = set.clone(1, {}, crash_at(point));
    INFO(crashed.output);
    CHECK(crashed.exit_code == killed);
    if (point == points.front()) CHECK(set.clone(1, {}, crash_at("restart.removed")).exit_code == killed);
    const Ran again = set.clone(1);
    INFO(again.output);
    REQUIRE(again.exit_code == 0);
    set.start_containers(1);
    writer.stop();
    set.expect_same_rows(1);
    set.stop_pod(1);
  }
}

TEST_CASE("clone-mysql killed at random moments, again and again, ends in the same replica") {
  TestSet set;
  set.start_pod(0);
  set.make_rows(20'000, 1000);
  REQUIRE(set.init(1).exit_code == 0);
  int kills = 0;
  for (int round = 0; round < (long_tests() ? 100 : 12); ++round) {
    if (set.kill_clone(1) == killed) ++kills;
    else wipe(set, 1);
  }
  CHECK(kills > 0);
  const Ran last = set.clone(1);
  INFO(last.output);
  REQUIRE(last.exit_code == 0);
  set.start_containers(1);
  set.expect_same_rows(1);
}

TEST_CASE("a sidecar killed while it starts replication neither rewinds nor skips") {
  TestSet set;
  const bool server_too = GENERATE(true, false);
  if (set.kind().is_mysql() && !server_too && !long_tests()) return;  // the harder half takes a minute
  set.start_pod(0);
  set.make_rows(200);
  REQUIRE(set.init(1).exit_code == 0);
  std::vector<std::string> points{"replication.pointed", "replication.started", "state.replicating"};
  // A clone by the plugin is already at its position.
  if (set.kind().has_backup_tool()) points.push_back("replication.positioned");
  for (const std::string& point : points) {
    INFO(point << (server_too ? ", and the server with it" : ""));
    wipe(set, 1);
    Writer writer(set);
    REQUIRE(set.clone(1).exit_code == 0);
    set.start_server(1);
    set.crash_sidecar(1, point);
    const int before = writer.rows();
    CHECK(eventually(std::chrono::seconds(30), [&] { return writer.rows() > before + 10; }));
    if (server_too) {
      set.stop_server(1, SIGKILL);
      set.start_server(1);
    }
    set.start_sidecar(1);
    set.wait_ready(1);
    writer.stop();
    set.expect_same_rows(1);
    set.stop_pod(1);
  }
}

TEST_CASE("a sidecar killed while it changes the source ends, started again, at the right one", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(50);
  set.expect_same_rows(1);
  for (const char* point : {"replication.stopped", "replication.forgotten", "replication.pointed"}) {
    INFO(point);
    set.stop_sidecar(1);
    Writer writer(set);
    const Dialect dialect(parse_server_version(set.value(1, "SELECT VERSION()")));
    SourceAddress elsewhere{"127.0.0.99", 3306, "replication", Secret("x")};
    set.sql(1, dialect.stop_replica());
    set.sql(1, dialect.point_to_source(elsewhere, std::chrono::seconds(5), {}));
    set.crash_sidecar(1, point);
    set.start_sidecar(1);
    set.wait_ready(1);
    writer.stop();
    set.expect_same_rows(1);
  }
}

TEST_CASE("a recovered primary and adopted data, their agents killed, end in the same", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(50);
  set.expect_same_rows(1);
  const std::string rows = set.fingerprint(0);
  set.stop_pod(0);
  wipe(set, 0);
  // The plugin copies so little data before the test can see the copy running.
  const std::string midway = set.kind().has_backup_tool() ? "clone.receiving" : "plugin.cloning";
  for (const std::string& point : {std::string("evidence.written"), midway, std::string("restart.removed"), midway,
                                   std::string("evidence.removed")}) {
    INFO(point);
    CHECK(set.clone(0, {}, crash_at(point)).exit_code == killed);
  }
  REQUIRE(set.clone(0).exit_code == 0);
  set.start_server(0);
  std::vector<std::string> points{"state.primary"};
  // A clone of a MySQL replica has the source of its donor.
  if (set.kind().is_mysql()) points.insert(points.begin(), "replication.forgotten");
  for (const std::string& point : points) {
    INFO(point);
    set.crash_sidecar(0, point);
  }
  set.start_sidecar(0);
  set.wait_ready(0);
  CHECK(set.fingerprint(0) == rows);

  set.stop_pod(1);
  std::filesystem::remove_all(set.data(1) / ".mysql-agent");
  CHECK(set.clone(1, {}, crash_at("state.adopted")).exit_code == killed);
  set.start_server(1);
  set.crash_sidecar(1, "identity.written");
  set.stop_server(1);
  set.start_pod(1);
  set.make_rows(20);
  set.expect_same_rows(1);
}

TEST_CASE("init-mysql and the first initialisation, killed at any step, end in the same files") {
  TestSet set;
  REQUIRE(set.init(0).exit_code == 0);
  std::map<std::string, std::string> options;
  for (const auto& entry : std::filesystem::directory_iterator(set.dir(0) / "conf.d"))
    options[entry.path().filename()] = read_text(entry.path());
  for (const char* point : {"init.removed", "init.written"}) {
    std::filesystem::remove_all(set.dir(0) / "conf.d");
    std::filesystem::create_directories(set.dir(0) / "conf.d");
    CHECK(set.init(0, {}, crash_at(point)).exit_code == killed);
    REQUIRE(set.init(0).exit_code == 0);
    for (const auto& [name, text] : options) CHECK(read_text(set.dir(0) / "conf.d" / name) == text);
  }
  std::vector<std::string> points{"initialize.made", "state.cloning",  "state.prepared", "state.publishing",
                                  "publish.renamed", "publish.synced", "state.published"};
  // mariadb-install-db makes the data in one step.
  if (set.kind().is_mysql()) points.insert(points.begin(), "initialize.accounts");
  for (const std::string& point : points) {
    INFO(point);
    wipe(set, 0);
    const bool by_sidecar = point == points.back();
    const Arguments accounts = by_sidecar ? set.without_account() : Arguments{};
    const Ran crashed = set.clone(0, accounts, crash_at(point));
    INFO(crashed.output);
    CHECK(crashed.exit_code == killed);
    REQUIRE(set.clone(0, accounts).exit_code == 0);
    set.start_server(0);
    if (by_sidecar) set.crash_sidecar(0, "account.created");
    set.start_sidecar(0);
    set.wait_ready(0);
    CHECK(eventually(std::chrono::seconds(10), [&] {
      return set.value(0, "SELECT Repl_slave_priv FROM mysql.user WHERE User = 'replication'") == "Y";
    }));
    set.stop_pod(0);
  }
}
