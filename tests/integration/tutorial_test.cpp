#include <catch2/catch.hpp>
#include <map>

#include "common/backup/backup_metadata.hpp"
#include "common/server/dialect.hpp"
#include "common/server/option_file.hpp"
#include "common/volume/data_dir.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
namespace fs = std::filesystem;

// The tutorial: https://kubernetes.io/docs/tasks/run-application/run-replicated-stateful-application/
// The test does the steps of its scripts with MariaDB's tools. The tutorial uses file and offset; it has no state file,
// and none of the agent's options.
namespace {

// Makes the option files of a pod of the tutorial: the file of its role from the config map, and the server id.
void tutorial_init(TestSet& set, int ordinal) {
  REQUIRE(set.init(ordinal).exit_code == 0);
  fs::remove(set.dir(ordinal) / "conf.d" / option_files::agent);
}

void tutorial_start(TestSet& set, int ordinal) {
  set.start_server(ordinal);
  INFO(set.server(ordinal).output());
  set.wait_server(ordinal);
}

// Starts a primary with the data that an image's entrypoint makes, and with the account that the tutorial's replicas
// use.
void tutorial_primary(TestSet& set) {
  write_text(set.config_map() / "primary.cnf", "[mysqld]\nlog-bin\n");
  write_text(set.config_map() / "replica.cnf", "[mysqld]\nread-only\n");
  tutorial_init(set, 0);
  REQUIRE(set.clone(0, set.without_account()).exit_code == 0);
  fs::remove_all(set.data(0) / reserved_names::agent);
  tutorial_start(set, 0);
  set.sql(0, "CREATE USER 'tutorial'@'%' IDENTIFIED BY 't'");
  set.sql(0, "GRANT REPLICATION SLAVE ON *.* TO 'tutorial'@'%'");
  set.make_rows(200);
}

// Does the step `ncat | xbstream -x` of the tutorial.
void tutorial_extract(TestSet& set, int from, const fs::path& target) {
  fs::create_directories(target);
  const fs::path login = set.dir(from) / "login.cnf";
  write_text(login, tool_login_options(set.login(from), Flavour::mariadb));
  const Ran ran = run_to_end({"bash", "-o", "pipefail", "-c",
                              set.kind().program("mariadb-backup") + " --defaults-file=" + login.string() +
                                  " --backup --slave-info --stream=xbstream --datadir=" + set.data(from).string() +
                                  " | " + set.kind().program("mbstream") + " -x -C " + target.string()});
  INFO(ran.output);
  REQUIRE(ran.exit_code == 0);
}

// Does the step `xtrabackup --prepare`, and writes the info files in the form of MySQL 5.7, which has no GTIDs in them.
Position tutorial_prepare(TestSet& set, const fs::path& target) {
  const auto found = read_backup_position(target);
  REQUIRE(found);
  const Ran ran = run_to_end(
      {set.kind().program("mariadb-backup"), "--no-defaults", "--prepare", "--target-dir=" + target.string()});
  INFO(ran.output);
  REQUIRE(ran.exit_code == 0);
  return found->position;
}

void remove_info_files(const fs::path& target) {
  for (const char* name :
       {"xtrabackup_slave_info", "xtrabackup_binlog_info", "mariadb_backup_slave_info", "mariadb_backup_binlog_info"})
    fs::remove(target / name);
}

void tutorial_replica(TestSet& set, int ordinal, int donor) {
  tutorial_init(set, ordinal);
  tutorial_extract(set, donor, set.data(ordinal));
  const Position position = tutorial_prepare(set, set.data(ordinal));
  REQUIRE_FALSE(position.binlog_file.empty());
  remove_info_files(set.data(ordinal));
  const std::string change = "CHANGE MASTER TO MASTER_LOG_FILE='" + position.binlog_file +
                             "', MASTER_LOG_POS=" + std::to_string(position.binlog_offset);
  tutorial_start(set, ordinal);
  set.sql(ordinal, change + ", MASTER_HOST='" + TestSet::address(0) +
                       "', MASTER_PORT=" + std::to_string(set.mysql_port()) +
                       ", MASTER_USER='tutorial', MASTER_PASSWORD='t', MASTER_CONNECT_RETRY=10");
  set.sql(ordinal, "START SLAVE");
  write_text(set.data(ordinal) / "change_master_to.sql.in.orig", change + "\n");
}

std::string using_gtid(const TestSet& set, int ordinal) {
  return MysqlClient(set.login(ordinal), std::chrono::seconds(10))
      .query("SHOW SLAVE STATUS")
      .at(0)
      .at("Using_Gtid")
      .value_or("");
}

AgentState state_of(const TestSet& set, int ordinal) {
  const auto state = read_state(set.state_file(ordinal), "mysql-" + std::to_string(ordinal));
  REQUIRE(state);
  return *state;
}

}  // namespace

TEST_CASE("a set of the tutorial moves to the agent pod by pod, and nothing is cloned", "[stream][family]") {
  TestSet set;
  tutorial_primary(set);
  tutorial_replica(set, 1, 0);
  tutorial_replica(set, 2, 1);
  set.make_rows(50);
  set.expect_same_rows(1);
  set.expect_same_rows(2);
  CHECK(using_gtid(set, 1) == "No");
  CHECK(using_gtid(set, 2) == "No");
  // A person makes the agent's account first, because the replicas are taken over first and log in with it.
  set.sql(0, "CREATE USER 'replication'@'%' IDENTIFIED BY " + sql_quoted(read_text(set.replication_password_file())));
  set.sql(0, "GRANT REPLICATION SLAVE ON *.* TO 'replication'@'%'");
  const std::string logs = set.value(0, "SELECT @@GLOBAL.log_bin_basename");
  Writer writer(set);
  // The highest ordinal restarts first, as a StatefulSet does it.
  for (const int ordinal : {2, 1, 0}) {
    INFO("pod " << ordinal);
    set.stop_server(ordinal);
    set.start_pod(ordinal);
    CHECK(state_of(set, ordinal).origin == Origin::adopt);
    CHECK(state_of(set, ordinal).donor.empty());
    CHECK_FALSE(fs::exists(DataDir{set.data(ordinal)}.staging()));
    if (ordinal != 0) CHECK(using_gtid(set, ordinal) == "Slave_Pos");
    CHECK(eventually(std::chrono::seconds(30), [&, before = writer.rows()] { return writer.rows() > before + 10; }));
  }
  writer.stop();
  set.expect_same_rows(1);
  set.expect_same_rows(2);
  CHECK(state_of(set, 0).state == DataState::primary);
  CHECK(state_of(set, 1).state == DataState::replicating);
  // The binary log keeps its name, because primary.cnf is read last. With another name the GTIDs would begin again.
  CHECK(set.value(0, "SELECT @@GLOBAL.log_bin_basename") == logs);
  // The set is now like any other set: a new pod can be cloned.
  set.start_pod(3);
  set.expect_same_rows(3);
  CHECK(state_of(set, 3).origin == Origin::clone);
}

TEST_CASE("a replica of the tutorial's that was idle since its clone is switched to GTIDs without a clone",
          "[stream][family]") {
  TestSet set;
  tutorial_primary(set);
  tutorial_replica(set, 1, 0);
  set.sql(0, "CREATE USER 'replication'@'%' IDENTIFIED BY " + sql_quoted(read_text(set.replication_password_file())));
  set.sql(0, "GRANT REPLICATION SLAVE ON *.* TO 'replication'@'%'");
  set.expect_same_rows(1);
  set.stop_server(1);
  set.start_pod(1);
  CHECK(using_gtid(set, 1) == "Slave_Pos");
  set.make_rows(10);
  set.expect_same_rows(1);
}

TEST_CASE("a clone that the tutorial prepared and did not start is adopted, and starts where it was taken",
          "[stream][family]") {
  TestSet set;
  set.start_pod(0);
  set.make_rows(200);
  tutorial_extract(set, 0, set.data(1));
  tutorial_prepare(set, set.data(1));
  set.make_rows(50);
  SECTION("with its info files, which on MariaDB have the GTIDs") {
    set.start_pod(1);
    set.expect_same_rows(1);
    CHECK(state_of(set, 1).origin == Origin::adopt);
    CHECK_FALSE(state_of(set, 1).position.gtid.empty());
  }
  SECTION("without them: nobody knows where it was taken, and it is held") {
    remove_info_files(set.data(1));
    REQUIRE(set.init(1).exit_code == 0);
    const Ran adopted = set.clone(1);
    INFO(adopted.output);
    REQUIRE(adopted.exit_code == 0);
    set.start_server(1);
    set.start_sidecar(1);
    set.wait_not_ready(1, "adopted without a GTID position (recorded: none)");
  }
}

TEST_CASE("the tutorial's volumes, complete and at each point where its scripts may be killed, are adopted or refused",
          "[stream][family]") {
  TestSet set;
  set.start_pod(0);
  set.make_rows(10);
  const fs::path extracted = set.dir(8) / "extracted";
  tutorial_extract(set, 0, extracted);
  const fs::path prepared = set.dir(8) / "prepared";
  fs::copy(extracted, prepared, fs::copy_options::recursive);
  tutorial_prepare(set, prepared);
  const Position mariadb = read_backup_position(prepared)->position;
  REQUIRE_FALSE(mariadb.gtid.empty());

  using Files = std::map<std::string, std::string>;
  struct Volume {
    const char* what;
    fs::path base;
    bool tools_own_info;  // keep the info files of MariaDB's tool; else write `files`, as MySQL 5.7 has them
    Files files;
    int exit_code;
    Position position;
  };
  const std::string own = "mysql-1-bin.000007\t1088\n";
  const std::string change = "CHANGE MASTER TO MASTER_LOG_FILE='mysql-0-bin.000003', MASTER_LOG_POS=154";
  const Position at{"", "mysql-0-bin.000003", 154};
  const std::vector<Volume> volumes{
      {"extracted, not prepared", extracted, true, {}, 3, {}},
      {"the same, and a sidecar had begun on it",
       extracted,
       false,
       {{"change_master_to.sql.in", change + "\n"}},
       3,
       {}},
      {"prepared, by MariaDB's tool", prepared, true, {}, 0, mariadb},
      {"prepared, from the primary", prepared, false, {{"xtrabackup_binlog_info", "mysql-0-bin.000003\t154\n"}}, 0, at},
      {"prepared, from a replica",
       prepared,
       false,
       {{"xtrabackup_slave_info", change + ";\n"}, {"xtrabackup_binlog_info", own}},
       0,
       at},
      {"killed while it wrote the SQL",
       prepared,
       false,
       {{"xtrabackup_slave_info", change + ";\n"},
        {"xtrabackup_binlog_info", own},
        {"change_master_to.sql.in", change.substr(0, 30)}},
       0,
       at},
      {"killed between the removal of the info files",
       prepared,
       false,
       {{"xtrabackup_binlog_info", own}, {"change_master_to.sql.in", change + "\n"}},
       0,
       at},
      {"the SQL is written, and was not run", prepared, false, {{"change_master_to.sql.in", change + "\n"}}, 0, at},
      {"the info files removed, the SQL not written", prepared, false, {}, 0, {}},
      {"the info files removed, the SQL cut",
       prepared,
       false,
       {{"change_master_to.sql.in", change.substr(0, change.size() - 1)}},
       0,
       {}},
      {"replicates: the SQL was run", prepared, false, {{"change_master_to.sql.in.orig", change + "\n"}}, 0, {}},
  };
  for (const Volume& volume : volumes) {
    INFO(volume.what);
    fs::remove_all(set.data(7));
    fs::create_directories(set.dir(7));
    fs::copy(volume.base, set.data(7), fs::copy_options::recursive);
    if (!volume.tools_own_info) remove_info_files(set.data(7));
    for (const auto& [name, text] : volume.files) write_text(set.data(7) / name, text);
    const Ran ran = set.clone(7);
    INFO(ran.output);
    CHECK(ran.exit_code == volume.exit_code);
    if (volume.exit_code != 0) {
      CHECK_THAT(ran.output, Catch::Contains("the backup was never prepared") && Catch::Contains("hint: "));
      CHECK_FALSE(fs::exists(set.state_file(7)));
      continue;
    }
    CHECK(state_of(set, 7).state == DataState::adopted);
    CHECK(state_of(set, 7).position == volume.position);
    CHECK(set.clone(7).exit_code == 0);
    CHECK(state_of(set, 7).position == volume.position);
  }
}
