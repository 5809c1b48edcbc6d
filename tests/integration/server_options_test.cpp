#include <catch2/catch.hpp>

#include "common/base/file.hpp"
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
