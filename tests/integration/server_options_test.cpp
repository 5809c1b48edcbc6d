#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "common/base/file.hpp"
#include "common/base/scope_guard.hpp"
#include "common/volume/data_dir.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

void configure_all(const TestSet& set, const std::string& options) {
  for (const char* file : {"primary.cnf", "replica.cnf"})
    write_text(set.config_map() / file, "[mysqld]\n" + options + "\n");
}

// Options of one pod, which the files of all pods cannot hold.
void configure_one(const TestSet& set, int ordinal, const std::string& options) {
  write_text(set.dir(ordinal) / "conf.d/replica-own.cnf", "[mysqld]\n" + options + "\n");
}

void start_prepared(TestSet& set, int ordinal) {
  const Ran cloned = set.clone(ordinal);
  INFO(cloned.output);
  REQUIRE(cloned.exit_code == 0);
  set.start_containers(ordinal);
}

Ran ask_reclone(const TestSet& set, const Arguments& more = {}) {
  Arguments argv = set.kind().command({AGENT_BINARY, "reclone", "--pod-name", "mysql-1", "--data-dir", set.data(1)});
  argv.insert(argv.end(), more.begin(), more.end());
  return run_to_end(argv);
}

}  // namespace

TEST_CASE("options for a running server alone do not keep a set from being made and cloned", "[plugin]") {
  TestSet set(Security::secret, FirstData::made);
  write_text(set.config_map() / "init.sql", "SET GLOBAL connect_timeout = 11;\n");
  configure_all(
      set,
      "plugin_load_add=mysql_clone.so\nplugin_load_add=semisync_source.so\nplugin_load_add=semisync_replica.so\n"
      "rpl_semi_sync_source_enabled=ON\nrpl_semi_sync_source_timeout=100\nrpl_semi_sync_replica_enabled=ON\n"
      "init_file=" +
          (set.config_map() / "init.sql").string());
  for (int ordinal = 0; ordinal < 2; ++ordinal) {
    REQUIRE(set.init(ordinal).exit_code == 0);
    const std::string data = set.data(ordinal).string();
    configure_one(
        set, ordinal,
        "innodb_data_home_dir=" + data + "\ninnodb_undo_directory=" + data + "\ninnodb_log_group_home_dir=" + data);
    start_prepared(set, ordinal);
  }
  CHECK(set.value(1, "SELECT @@GLOBAL.connect_timeout") == "11");
  set.make_rows(10);
  set.expect_same_rows(1);
}

TEST_CASE("data is made with the format that the options give, and is cloned", "[family]") {
  TestSet set(Security::secret, FirstData::made);
  configure_all(set, std::string("innodb_page_size=8k\ninnodb_data_file_path=ibdata1:20M;sys2:10M:autoextend\n") +
                         (set.kind().is_mysql() ? "" : "innodb_undo_tablespaces=3\n"));
  set.start_pods(2);
  set.make_rows(100);
  set.expect_same_rows(1);
  for (int ordinal = 0; ordinal < 2; ++ordinal) {
    CHECK(set.value(ordinal, "SELECT @@GLOBAL.innodb_page_size") == "8192");
    CHECK(std::filesystem::exists(set.data(ordinal) / "sys2"));
  }
}

TEST_CASE("directories for logs and temporary files are there when the server starts", "[family]") {
  TestSet set(Security::secret, FirstData::made);
  configure_all(set, "log_bin=logs/binlog\nrelay_log=relay/x");
  for (int ordinal = 0; ordinal < 2; ++ordinal) {
    REQUIRE(set.init(ordinal).exit_code == 0);
    configure_one(set, ordinal, "tmpdir=" + (set.data(ordinal) / "scratch").string());
    start_prepared(set, ordinal);
  }
  set.make_rows(100);
  set.expect_same_rows(1);
  CHECK(std::filesystem::exists(set.data(1) / "relay/x.index"));
}

TEST_CASE("options that put a server's files elsewhere are refused, and a new clone leaves the data as it is",
          "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(100);
  set.expect_same_rows(1);
  REQUIRE(ask_reclone(set).exit_code == 0);
  set.stop_pod(1);
  const auto outside = set.dir(1) / "outside";
  std::filesystem::create_directories(outside);
  const auto refused = [&](int ordinal, const std::string& option) {
    REQUIRE(set.init(ordinal).exit_code == 0);
    configure_one(set, ordinal, option + "=" + outside.string());
    const Ran ran = set.clone(ordinal);
    INFO(ran.output);
    CHECK(ran.exit_code == 2);
    CHECK_THAT(ran.output, Catch::Contains(option + "=" + outside.string()) && Catch::Contains("hint: take " + option));
    return ran.output;
  };
  CHECK_THAT(refused(1, "innodb_undo_directory"), Catch::Contains("reclone --cancel"));
  refused(1, "innodb_log_group_home_dir");
  refused(1, "innodb_data_home_dir");
  if (!set.kind().is_mysql()) refused(1, "aria_log_dir_path");
  CHECK(list_directory(outside).empty());
  INFO("nor is a replica made, or a new set");
  refused(2, "innodb_undo_directory");
  set.expect_nothing_published(2);
  INFO("the data is whole, and goes on without the request and the option");
  REQUIRE(ask_reclone(set, {"--cancel"}).exit_code == 0);
  configure_one(set, 1, "");
  start_prepared(set, 1);
  set.make_rows(10);
  set.expect_same_rows(1);
}

TEST_CASE("files outside of the data directory are never written to by a clone, and are named", "[plugin]") {
  TestSet set;
  const auto outside = set.config_map() / "outside";
  std::filesystem::create_directories(outside);
  configure_all(set, "innodb_directories=" + outside.string());
  set.start_pod(0);
  set.make_rows(10);
  set.sql(0, "CREATE TABLE test.outside (id INT PRIMARY KEY) DATA DIRECTORY='" + outside.string() + "'");
  set.sql(0, "INSERT INTO test.outside VALUES (1), (2)");
  const auto file = outside / "test/outside.ibd";
  const Ran before = run_to_end({"stat", "-c", "%i", file.string()});
  REQUIRE(before.exit_code == 0);
  REQUIRE(set.init(1).exit_code == 0);
  const Ran refused = set.clone(1, {"--donor-wait", "3s"});
  INFO(refused.output);
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.output, Catch::Contains("lie outside of the data directory") && Catch::Contains(file.string()));
  CHECK(run_to_end({"stat", "-c", "%i", file.string()}).output == before.output);
  CHECK(set.value(0, "SELECT COUNT(*) FROM test.outside") == "2");
  set.sql(0, "DROP TABLE test.outside");
  start_prepared(set, 1);
  set.expect_same_rows(1);
}

TEST_CASE("what lies in a volume beside no data is named", "[once]") {
  TestSet set;
  REQUIRE(set.init(0).exit_code == 0);
  std::filesystem::create_directories(set.data(0) / ".snapshot");
  const Ran refused = set.clone(0);
  INFO(refused.output);
  CHECK(refused.exit_code == 3);
  CHECK_THAT(refused.output, Catch::Contains("and holds .snapshot"));
}

TEST_CASE("a volume that is mounted inside of the data keeps it from being replaced, before the request is taken",
          "[once]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(100);
  set.expect_same_rows(1);
  REQUIRE(ask_reclone(set).exit_code == 0);
  set.stop_pod(1);
  std::string command;
  for (const std::string& word : set.clone_command(1)) {
    std::string quoted;
    for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
    command += " '" + quoted + "'";
  }
  const Ran refused = run_to_end({"unshare", "--mount", "sh", "-c",
                                  "mount -t tmpfs none '" + (set.data(1) / "test").string() + "' && exec" + command});
  INFO(refused.output);
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.output, Catch::Contains("a volume is mounted at " + (set.data(1) / "test").string()) &&
                                 Catch::Contains("reclone --cancel"));
  REQUIRE(ask_reclone(set, {"--cancel"}).exit_code == 0);
  start_prepared(set, 1);
  set.expect_same_rows(1);
}

TEST_CASE("two clone-mysql do not work on one volume at once", "[once]") {
  TestSet set;
  REQUIRE(set.init(1).exit_code == 0);
  Background first = set.begin_clone(1);  // it waits for a donor
  Ran second;
  const bool refused = eventually(std::chrono::seconds(10), [&] {
    second = set.clone(1, {"--donor-wait", "100ms"});
    return second.output.find("another clone-mysql works on") != std::string::npos;
  });
  INFO(second.output << first.output());
  CHECK(refused);
  first.signal(SIGKILL);
  REQUIRE(first.wait(std::chrono::seconds(10)));
  const Ran alone = set.clone(1, {"--donor-wait", "100ms"});
  CHECK_THAT(alone.output, !Catch::Contains("another clone-mysql"));
}

TEST_CASE("liveness is answered however many wait for a look at the server", "[once]") {
  TestSet set;
  set.start_pod(0);
  std::atomic<bool> stop{false};
  std::vector<std::thread> askers;
  // A server that hangs lets each of them wait for as long as a probe may.
  set.server(0).signal(SIGSTOP);
  const ScopeGuard goes_on([&] { set.server(0).signal(SIGCONT); });
  for (int i = 0; i < 160; ++i)
    askers.emplace_back([&, i] {
      std::this_thread::sleep_for(std::chrono::milliseconds(i * 6));
      while (!stop) {
        const auto next = std::chrono::steady_clock::now() + std::chrono::seconds(1);
        set.probe(0, "/startupz");
        std::this_thread::sleep_until(next);
      }
    });
  std::this_thread::sleep_for(std::chrono::seconds(1));
  int failed = 0;
  for (int i = 0; i < 40; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    failed += set.probe(0, "/livez").status == 200 ? 0 : 1;
  }
  stop = true;
  for (std::thread& asker : askers) asker.join();
  INFO(set.sidecar(0).output());
  CHECK(failed == 0);
  CHECK(set.probe(0, "/readyz").status != 0);
}

TEST_CASE("the replication password is in no log of statements and not in performance_schema", "[family]") {
  TestSet set;
  configure_all(set,
                "slow_query_log=ON\nlong_query_time=0\nlog_output=TABLE,FILE\ngeneral_log=ON\nperformance_schema=ON\n"
                "slow_query_log_file=slow.log\ngeneral_log_file=general.log\n"
                "performance_schema_instrument='statement/%=ON'\n"
                "performance_schema_events_statements_history_long_size=10000\n"
                "performance_schema_consumer_events_statements_current=ON\n"
                "performance_schema_consumer_events_statements_history_long=ON\n"
                "performance_schema_consumer_events_statements_history=ON\n");
  set.start_pods(2);
  for (const char* file : {"slow.log", "general.log"})
    CHECK_THAT(read_text(set.data(1) / file), Catch::Contains("SELECT") && !Catch::Contains("`$x`"));
  for (const char* table : {"mysql.slow_log", "mysql.general_log"}) {
    const std::string column = table == std::string("mysql.slow_log") ? "sql_text" : "argument";
    CHECK(set.value(1, "SELECT COUNT(*) FROM " + std::string(table) + " WHERE LOCATE('$x`', CONVERT(" + column +
                           " USING utf8mb4)) AND NOT LOCATE('LOCATE', CONVERT(" + column + " USING utf8mb4))") == "0");
  }
  CHECK(set.value(1,
                  "SELECT COUNT(*) FROM performance_schema.events_statements_history_long WHERE LOCATE('$x`', "
                  "SQL_TEXT) AND NOT LOCATE('LOCATE', SQL_TEXT)") == "0");
  CHECK(set.value(1, "SELECT COUNT(*) > 0 FROM performance_schema.events_statements_history_long") == "1");
}
