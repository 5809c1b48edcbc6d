#include "common/backup_metadata.hpp"

#include "tests/support/temp_dir.hpp"
#include "tests/unit/error_of.hpp"

using namespace mysql_agent;
using test::TempDir;
using test::write_text;

TEST_CASE("a checkpoint file says whether the copy is prepared") {
  const TempDir dir;
  CHECK_FALSE(read_backup_checkpoints(dir.path()).has_value());
  const auto prepared = [&](const std::string& type) {
    write_text(dir / "xtrabackup_checkpoints", "backup_type = " + type + "\nfrom_lsn = 0\nto_lsn = 47391\nlast_lsn = 47391\n");
    const auto checkpoints = read_backup_checkpoints(dir.path());
    CHECK(checkpoints->backup_type == type);
    CHECK(checkpoints->file == "xtrabackup_checkpoints");
    return checkpoints->prepared();
  };
  CHECK_FALSE(prepared("full-backuped"));
  CHECK_FALSE(prepared("incremental"));
  CHECK_FALSE(prepared("log-applied-not"));
  CHECK(prepared("log-applied"));
  CHECK(prepared("full-prepared"));
}

TEST_CASE("the checkpoint file of mariadb-backup 11.1 is known, and goes first") {
  const TempDir dir;
  write_text(dir / "xtrabackup_checkpoints", "backup_type = full-backuped\n");
  write_text(dir / "mariadb_backup_checkpoints", "backup_type = log-applied\n");
  CHECK(read_backup_checkpoints(dir.path())->file == "mariadb_backup_checkpoints");
  CHECK(read_backup_checkpoints(dir.path())->prepared());
}

TEST_CASE("a checkpoint file without a type is an error with its path") {
  const TempDir dir;
  for (const char* text : {"", "to_lsn = 5\n", "not_backup_type = log-applied\n", "backup_type = \n"}) {
    INFO(text);
    write_text(dir / "xtrabackup_checkpoints", text);
    const Error error = test::error_of([&] { read_backup_checkpoints(dir.path()); });
    CHECK(error.code() == ExitCode::failed);
    CHECK_THAT(error.what(), Catch::Contains((dir / "xtrabackup_checkpoints").string()));
  }
}

TEST_CASE("the tool's files are told from the server's") {
  for (const char* name : {"xtrabackup_checkpoints", "xtrabackup_info", "xtrabackup_logfile", "mariadb_backup_slave_info", "backup-my.cnf"})
    CHECK(is_backup_metadata(name));
  for (const char* name : {"mysql", "ibdata1", "ib_logfile0", "xtrabackup", "my.cnf", "aria_log_control", "backup"})
    CHECK_FALSE(is_backup_metadata(name));
}

TEST_CASE("a complete backup has its three metadata files") {
  const TempDir dir;
  CHECK(missing_backup_metadata(dir.path()) == "xtrabackup_checkpoints");
  write_text(dir / "mariadb_backup_checkpoints", "x");
  CHECK(missing_backup_metadata(dir.path()) == "xtrabackup_info");
  write_text(dir / "xtrabackup_info", "x");
  CHECK(missing_backup_metadata(dir.path()) == "backup-my.cnf");
  write_text(dir / "backup-my.cnf", "x");
  CHECK(missing_backup_metadata(dir.path()).empty());
}
