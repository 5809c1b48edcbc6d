#include "common/volume/data_dir.hpp"

#include "common/base/file.hpp"
#include "common/volume/publish.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using test::code_of;
using test::read_text;
using test::TempDir;
using test::write_text;
namespace fs = std::filesystem;

namespace {

constexpr const char* pod = "mysql-1";

// The files that the data has, whatever engine made it.
void write_tables(const fs::path& root) {
  write_text(root / "ibdata1", "pages");
  write_text(root / "mysql" / "global_priv.MAD", "accounts");
  write_text(root / "app" / "t.ibd", "rows");
}

void write_checkpoints(const fs::path& root, const std::string& type) {
  write_text(root / "xtrabackup_checkpoints", "backup_type = " + type + "\nto_lsn = 5\n");
}

Content judged(const DataDir& dir) {
  return inspect_data_dir(dir, pod).content;
}

AgentState state_of(DataState state) {
  AgentState out;
  out.state = state;
  out.pod = pod;
  return out;
}

}  // namespace

TEST_CASE("a data directory that is not there is a usage error") {
  const TempDir dir;
  write_text(dir / "file", "");
  CHECK(code_of([&] { inspect_data_dir({dir / "none"}, pod); }) == ExitCode::usage);
  CHECK(code_of([&] { inspect_data_dir({dir / "file"}, pod); }) == ExitCode::usage);
}

TEST_CASE("what mkfs and the agent leave counts as empty") {
  const TempDir root;
  const DataDir dir{root.path()};
  CHECK(judged(dir) == Content::empty);
  fs::create_directory(root / "lost+found");
  make_directory(dir.agent());
  CHECK(judged(dir) == Content::empty);
  CHECK_FALSE(inspect_data_dir(dir, pod).state.has_value());
}

TEST_CASE("data that a server ran on is complete") {
  const TempDir root;
  const DataDir dir{root.path()};
  write_tables(root.path());
  SECTION("MariaDB's") {
    write_text(root / "ib_logfile0", "redo");
    write_text(root / GENERATE("multi-master.info", "mysql_upgrade_info", "mariadb_upgrade_info"), "");
  }
  SECTION("MySQL 8.4's") {
    write_text(root / "#innodb_redo" / "#ib_redo0", "redo");
    write_text(root / "auto.cnf", "[auto]");
    fs::create_directory(root / "sys");
  }
  const DataDirFacts facts = inspect_data_dir(dir, pod);
  CHECK(facts.content == Content::complete);
  CHECK_FALSE(facts.content_reason.empty());
  CHECK_FALSE(facts.position.has_value());
}

TEST_CASE("a first initialisation that was killed is incomplete, whatever it has left") {
  const TempDir root;
  write_tables(root.path());
  write_text(root / "performance_schema" / "db.opt", "");
  std::string evidence;
  SECTION("MariaDB's, whose ddl_recovery.log is there from its first moment") {
    write_text(root / "ib_logfile0", "redo");
    write_text(root / "ddl_recovery.log", "");
    fs::create_directory(root / "sys");
    evidence = "neither";
  }
  SECTION("MySQL's, which writes auto.cnf first and sys/ last") {
    write_text(root / "#innodb_redo" / "#ib_redo0", "redo");
    write_text(root / "auto.cnf", "[auto]");
    write_text(root / "mysql.ibd", "pages");
    evidence = "no sys/ directory";
  }
  const DataDirFacts facts = inspect_data_dir({root.path()}, pod);
  CHECK(facts.content == Content::incomplete);
  CHECK_THAT(facts.content_reason, Catch::Contains(evidence));
}

TEST_CASE("a prepared backup is complete, without a redo log or a server's traces") {
  const TempDir root;
  write_tables(root.path());
  const std::string type = GENERATE("log-applied", "full-prepared");
  write_checkpoints(root.path(), type);
  CHECK(judged({root.path()}) == Content::complete);
}

TEST_CASE("a part of the data is incomplete, with what is missing as evidence") {
  const TempDir root;
  const DataDir dir{root.path()};
  write_tables(root.path());
  write_text(root / "ib_logfile0", "redo");
  write_text(root / "multi-master.info", "");
  REQUIRE(judged(dir) == Content::complete);
  std::string evidence;
  SECTION("no system tables") {
    fs::remove_all(root / "mysql");
    evidence = "mysql/";
  }
  SECTION("a file in the place of the system tables") {
    fs::remove_all(root / "mysql");
    write_text(root / "mysql", "");
    evidence = "mysql/";
  }
  SECTION("no ibdata1") {
    fs::remove(root / "ibdata1");
    evidence = "ibdata1";
  }
  SECTION("an empty ibdata1") {
    write_text(root / "ibdata1", "");
    evidence = "ibdata1";
  }
  SECTION("no redo log") {
    fs::remove(root / "ib_logfile0");
    evidence = "redo log";
  }
  SECTION("an empty redo log") {
    write_text(root / "ib_logfile0", "");
    evidence = "redo log";
  }
  SECTION("no server was there, and no backup tool") {
    fs::remove(root / "multi-master.info");
    evidence = "neither";
  }
  SECTION("a backup that was never prepared") {
    write_checkpoints(root.path(), "full-backuped");
    evidence = "backup_type = full-backuped";
  }
  const DataDirFacts facts = inspect_data_dir(dir, pod);
  CHECK(facts.content == Content::incomplete);
  CHECK_THAT(facts.content_reason, Catch::Contains(evidence));
}

TEST_CASE("any stray file makes a directory not empty") {
  const TempDir root;
  write_text(root / "ib_buffer_pool", "");
  CHECK(judged({root.path()}) == Content::incomplete);
}

TEST_CASE("files without any system schema are only remains, and what may be one, wherever it lies, is more") {
  const TempDir root;
  const auto only_remains = [&] { return inspect_data_dir({root.path()}, pod).only_remains; };
  CHECK_FALSE(only_remains());
  for (const char* name : {"ib_buffer_pool", "binlog.state", "ibdata1", "multi-master.info"})
    write_text(root / name, "x");
  fs::create_directory(root / "app");
  CHECK(only_remains());
  SECTION("the directory of the system tables") {
    fs::create_directory(root / "mysql");
  }
  SECTION("a link to another volume, which is missing") {
    fs::create_symlink("/nowhere/mysql", root / "mysql");
  }
  SECTION("the tablespace of MySQL's system tables") {
    write_text(root / "mysql.ibd", "");
  }
  CHECK_FALSE(only_remains());
}

TEST_CASE("databases that are named like a backup tool's files are data, and neither checkpoints nor positions") {
  const TempDir root;
  write_tables(root.path());
  write_text(root / "ib_logfile0", "log");
  write_text(root / "multi-master.info", "");
  for (const char* name : {"xtrabackup_checkpoints", "mariadb_backup_slave_info", "xtrabackup_binlog_info"})
    write_text(root / name / "t.ibd", "rows");
  const DataDirFacts facts = inspect_data_dir({root.path()}, pod);
  CHECK(facts.content == Content::complete);
  CHECK_FALSE(facts.position.has_value());
}

TEST_CASE("a backup whose checkpoint file was cut is incomplete") {
  const TempDir root;
  write_tables(root.path());
  write_text(root / "xtrabackup_checkpoints", "");
  CHECK(judged({root.path()}) == Content::incomplete);
}

TEST_CASE("the info files of the tutorial and of the tools give adopted data its position") {
  const TempDir root;
  const DataDir dir{root.path()};
  write_tables(root.path());
  write_checkpoints(root.path(), "log-applied");
  CHECK_FALSE(inspect_data_dir(dir, pod).position.has_value());
  write_text(root / "xtrabackup_binlog_info", "own.000001\t10\t0-100-1\n");
  CHECK(inspect_data_dir(dir, pod).position->gtid == "0-100-1");
  std::filesystem::remove(root / "xtrabackup_binlog_info");
  write_text(root / "change_master_to.sql.in", "CHANGE MASTER TO MASTER_LOG_FILE='source.000009', MASTER_LOG_POS=77\n");
  CHECK(inspect_data_dir(dir, pod).position == Position{"", "source.000009", 77});
  write_state(dir, state_of(DataState::adopted));
  CHECK_FALSE(inspect_data_dir(dir, pod).position.has_value());
}

TEST_CASE("a file that the tutorial was killed in does not hide the tool's own") {
  // The tutorial writes change_master_to.sql.in first, and removes xtrabackup_slave_info afterwards.
  const TempDir root;
  write_tables(root.path());
  write_checkpoints(root.path(), "log-applied");
  write_text(root / "xtrabackup_slave_info", "CHANGE MASTER TO MASTER_LOG_FILE='source.000009', MASTER_LOG_POS=77;\n");
  write_text(root / "change_master_to.sql.in", GENERATE("", "CHANGE MASTER TO MASTER_LOG_FI"));
  CHECK(inspect_data_dir({root.path()}, pod).position == Position{"", "source.000009", 77});
}

TEST_CASE("a state is written with its directory and read back") {
  const TempDir root;
  const DataDir dir{root.path()};
  write_state(dir, state_of(DataState::cloning));
  write_state(dir, state_of(DataState::cloned));
  CHECK(inspect_data_dir(dir, pod).state == state_of(DataState::cloned));
  CHECK(dir.state_file() == root / ".mysql-agent" / "state.json");
  CHECK(code_of([&] { inspect_data_dir(dir, "mysql-2"); }) == ExitCode::refused);
  write_text(dir.state_file(), "{\"version\": 1");
  CHECK(code_of([&] { inspect_data_dir(dir, pod); }) == ExitCode::refused);
}

TEST_CASE("staging is made empty") {
  const TempDir root;
  const DataDir dir{root.path()};
  make_directory(dir.agent());
  make_staging(dir);
  write_text(dir.staging() / "app" / "t.ibd", "half");
  make_staging(dir);
  CHECK(list_directory(dir.staging()).empty());
}

TEST_CASE("the size of a clone leaves logs and the agent's own out") {
  const TempDir root;
  write_text(root / "ibdata1", std::string(1000, 'x'));
  write_text(root / "app" / "t.ibd", std::string(200, 'x'));
  write_text(root / "app" / "binary.frm", std::string(30, 'x'));
  for (const char* name :
       {"ib_logfile0", "ibtmp1", "binlog.000001", "binlog.index", "relay-bin.000002", "mysqld-bin.000007",
        "mysqld-relay-bin.index", "host.pid", "#innodb_redo/#ib_redo1", "#innodb_temp/t.ibt",
        ".mysql-agent/staging/ibdata1", ".mysql-agent/set-aside/20260131T235959Z/app/t.ibd"})
    write_text(root / name, std::string(5000, 'x'));
  CHECK(clone_size_estimate({root.path()}) == 1230);
  CHECK(clone_size_estimate({root / "none"}) == 0);
  CHECK(data_size({root.path()}) == 1230 + 10 * 5000);
}
