#include "common/backup/backup_tool.hpp"

#include "common/base/container_limits.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/scoped_env.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/versions.hpp"

using namespace mysql_agent;
using test::code_of;
using test::mariadb_version;
using test::mysql_version;
using test::ScopedEnv;
using test::TempDir;
using test::write_text;
namespace fs = std::filesystem;

namespace {

const BackupTool tool{
    .path = "/usr/bin/mariadb-backup", .name = "mariadb-backup", .version = mariadb_version(10, 11, 19)};

std::optional<std::string> mismatch(const ServerVersion& base, const ServerVersion& server) {
  return tool_mismatch({.path = "/usr/bin/tool", .name = "tool", .version = base}, server);
}

void write_script(const fs::path& path, const std::string& body) {
  write_text(path, "#!/bin/sh\n" + body + "\n");
  fs::permissions(path, fs::perms::owner_all);
}

}  // namespace

TEST_CASE("what the tools print as their version is read") {
  CHECK(parse_tool_version("mariadb-backup based on MariaDB server 10.11.19-MariaDB debian-linux-gnu (x86_64)") ==
        mariadb_version(10, 11, 19));
  CHECK(
      parse_tool_version("mariadb-backup based on MariaDB server 11.8.3-MariaDB-0+deb13u1 debian-linux-gnu (x86_64)") ==
      mariadb_version(11, 8, 3));
  CHECK(parse_tool_version(
            "xtrabackup: recognized server arguments: --datadir=/var/lib/mysql --server-id=100\n"
            "xtrabackup version 2.4.29 based on MySQL server 5.7.44 Linux (x86_64) (revision id: 2e6c0951)\n") ==
        mysql_version(5, 7, 44));
  CHECK(parse_tool_version(
            "xtrabackup version 8.0.35-30 based on MySQL server 8.0.35 Linux (x86_64) (revision id: 6beb4b49)") ==
        mysql_version(8, 0, 35));
  CHECK(parse_tool_version(
            "2024-10-07T13:55:47.640100-00:00 0 [Note] [MY-011825] [Xtrabackup] recognized server arguments: "
            "--datadir=/var/lib/mysql\n"
            "xtrabackup version 8.4.0-4 based on MySQL server 8.4.0 Linux (x86_64) (revision id: c584cb20)\n") ==
        mysql_version(8, 4, 0));
  CHECK(parse_tool_version(
            "xtrabackup version 9.7.1-rc1 based on MySQL server 9.7.1 Linux (x86_64) (revision id: da6e1abd)") ==
        mysql_version(9, 7, 1));
}

TEST_CASE("what says no version is refused with its text") {
  for (const char* text : {"", "bash: mariadb-backup: not found", "mariadb-backup based on MariaDB server ",
                           "xtrabackup version 8.0.35-30"}) {
    INFO(text);
    const Error error = test::error_of([&] { parse_tool_version(text); });
    CHECK(error.code() == ExitCode::failed);
  }
  CHECK_THAT(test::error_of([] { parse_tool_version("hello"); }).what(), Catch::Contains("'hello'"));
}

TEST_CASE("mariadb-backup takes servers of its own series") {
  const ServerVersion base = mariadb_version(10, 11, 6);
  CHECK(mismatch(base, mariadb_version(10, 11, 19)) == std::nullopt);
  CHECK(mismatch(base, mariadb_version(10, 11, 2)) == std::nullopt);
  CHECK(mismatch(base, mariadb_version(11, 4, 2)) ==
        "its server is mariadb 11.4.2, and the tool here is for mariadb 10.11");
  CHECK(mismatch(base, mysql_version(10, 11, 6)));
}

TEST_CASE("XtraBackup 2.4 takes MySQL 5.7") {
  const ServerVersion base = mysql_version(5, 7, 13);
  // XtraBackup 2.4 could also back up MySQL 5.6, but the agent does not support 5.6.
  CHECK(mismatch(base, mysql_version(5, 6, 51)));
  CHECK(mismatch(base, mysql_version(5, 7, 44)) == std::nullopt);
  CHECK(mismatch(base, mysql_version(8, 0, 36)) == "its server is mysql 8.0.36, and the tool here is for mysql 5.7");
  CHECK(mismatch(base, mysql_version(5, 5, 62)));
  CHECK(mismatch(base, mysql_version(8, 7, 1)));
  CHECK(mismatch(base, mariadb_version(5, 7, 1)));
}

TEST_CASE("XtraBackup 8.0 takes MySQL 8.0, before 8.0.34 none that is newer than itself") {
  CHECK(mismatch(mysql_version(8, 0, 32), mysql_version(8, 0, 32)) == std::nullopt);
  CHECK(mismatch(mysql_version(8, 0, 33), mysql_version(8, 0, 11)) == std::nullopt);
  CHECK(mismatch(mysql_version(8, 0, 33), mysql_version(8, 0, 34)) ==
        "its server is mysql 8.0.34, and the tool here is for mysql 8.0 up to 8.0.33");
  CHECK(mismatch(mysql_version(8, 0, 34), mysql_version(8, 0, 44)) == std::nullopt);
  CHECK(mismatch(mysql_version(8, 0, 35), mysql_version(8, 0, 44)) == std::nullopt);
  CHECK(mismatch(mysql_version(8, 0, 35), mysql_version(8, 0, 20)) == std::nullopt);
  CHECK(mismatch(mysql_version(8, 0, 35), mysql_version(8, 4, 0)) ==
        "its server is mysql 8.4.0, and the tool here is for mysql 8.0");
  CHECK(mismatch(mysql_version(8, 0, 35), mysql_version(5, 7, 44)));
}

TEST_CASE("XtraBackup from 8.1 on takes MySQL of its own series") {
  CHECK(mismatch(mysql_version(8, 4, 0), mysql_version(8, 4, 9)) == std::nullopt);
  CHECK(mismatch(mysql_version(9, 7, 1), mysql_version(9, 7, 4)) == std::nullopt);
  CHECK(mismatch(mysql_version(9, 7, 1), mysql_version(9, 6, 0)) ==
        "its server is mysql 9.6.0, and the tool here is for mysql 9.7");
  CHECK(mismatch(mysql_version(8, 4, 0), mysql_version(8, 0, 40)));
  CHECK(mismatch(mysql_version(8, 4, 0), mysql_version(9, 0, 1)));
}

TEST_CASE("a backup streams to stdout, with its login in the option file alone") {
  CHECK(backup_arguments(tool, "/var/lib/mysql", 4) ==
        std::vector<std::string>{"/usr/bin/mariadb-backup", "--defaults-file=/proc/self/fd/3", "--backup",
                                 "--stream=xbstream", "--slave-info", "--parallel=4", "--log-copy-interval=100",
                                 "--datadir=/var/lib/mysql"});
  CHECK(backup_arguments(tool, "/d", 0).at(5) == "--parallel=1");
}

TEST_CASE("XtraBackup is kept from making a directory and from calling home") {
  for (const ServerVersion& base :
       {mysql_version(5, 7, 44), mysql_version(8, 0, 35), mysql_version(8, 4, 0), mysql_version(9, 7, 1)}) {
    INFO(base.text());
    CHECK(backup_arguments({"/usr/bin/xtrabackup", "xtrabackup", base}, "/var/lib/mysql", 2) ==
          std::vector<std::string>{"/usr/bin/xtrabackup", "--defaults-file=/proc/self/fd/3", "--backup",
                                   "--stream=xbstream", "--slave-info", "--parallel=2", "--log-copy-interval=100",
                                   "--datadir=/var/lib/mysql", "--target-dir=/", "--no-version-check"});
  }
}

TEST_CASE("a prepare reads no option file and gets its memory in bytes") {
  CHECK(prepare_arguments(tool, "/var/lib/mysql/.mysql-agent/staging", 134217728, false) ==
        std::vector<std::string>{"/usr/bin/mariadb-backup", "--no-defaults", "--prepare", "--use-memory=134217728",
                                 "--target-dir=/var/lib/mysql/.mysql-agent/staging"});
}

TEST_CASE("a prepare with plugins reads the option file that is handed to it, and no other") {
  CHECK(prepare_arguments(tool, "/staging", 1024, true).at(1) == "--defaults-file=/proc/self/fd/3");
}

TEST_CASE("a prepare gets the InnoDB options of its copy") {
  const TempDir dir;
  write_text(dir / "backup-my.cnf", "[mysqld]\ninnodb_page_size=32768\nserver_id=100\n");
  CHECK(prepare_arguments({"/usr/bin/xtrabackup", "xtrabackup", mysql_version(8, 4, 0)}, dir.path(), 1024, false) ==
        std::vector<std::string>{"/usr/bin/xtrabackup", "--no-defaults", "--prepare", "--use-memory=1024",
                                 "--target-dir=" + dir.path().string(), "--innodb_page_size=32768"});
}

TEST_CASE("the memory for prepare stays within its bounds") {
  CHECK(default_prepare_memory() >= 128ULL << 20);
  CHECK(default_prepare_memory() <= 16ULL << 30);
  CHECK(allowed_memory() > 0);
  CHECK(allowed_cores() >= 1);
}

TEST_CASE("the tool is found in PATH, whichever channel its version comes on") {
  const TempDir dir;
  const ScopedEnv path("PATH", dir.path().string());
  CHECK_FALSE(find_backup_tool().has_value());
  write_script(dir / "xtrabackup",
               "echo 'xtrabackup version 8.0.35-30 based on MySQL server 8.0.35 Linux (x86_64)' >&2");
  CHECK(find_backup_tool()->name == "xtrabackup");
  CHECK(find_backup_tool()->version == mysql_version(8, 0, 35));
  write_script(dir / "mariabackup", "echo 'mariabackup based on MariaDB server 10.6.16-MariaDB Linux (x86_64)'");
  CHECK(find_backup_tool()->path == dir / "mariabackup");
  CHECK(find_backup_tool()->name == "mariadb-backup");
  CHECK(find_backup_tool()->version == mariadb_version(10, 6, 16));
}

TEST_CASE("of the tools of both families the one of the server in PATH is taken") {
  const TempDir dir;
  const ScopedEnv path("PATH", dir.path().string());
  write_script(dir / "xtrabackup", "echo 'xtrabackup version 9.7.1 based on MySQL server 9.7.1 Linux (x86_64)' >&2");
  write_script(dir / "mariadb-backup", "echo 'mariadb-backup based on MariaDB server 10.11.19-MariaDB Linux (x86_64)'");
  CHECK(find_backup_tool()->name == "mariadb-backup");
  write_script(dir / "mysqld", "echo 'mysqld  Ver 9.7.4 for Linux on x86_64 (MySQL Community Server - GPL)'");
  CHECK(find_backup_tool()->name == "xtrabackup");
  write_script(dir / "mysqld", "echo 'mysqld  Ver 10.11.19-MariaDB for debian-linux-gnu on x86_64 (Debian 12)'");
  CHECK(find_backup_tool()->name == "mariadb-backup");
  // With one tool there is nothing to choose, and the server program is not asked.
  write_script(dir / "mysqld", "exit 1");
  std::filesystem::remove(dir / "mariadb-backup");
  CHECK(find_backup_tool()->name == "xtrabackup");
}

TEST_CASE("a tool that does not run is an error that repeats what it said") {
  const TempDir dir;
  const ScopedEnv path("PATH", dir.path().string());
  write_script(dir / "mariadb-backup", "echo 'libssl.so.3: cannot open' >&2; exit 127");
  const Error error = test::error_of([] { find_backup_tool(); });
  CHECK(error.code() == ExitCode::failed);
  CHECK_THAT(error.what(), Catch::Contains("127") && Catch::Contains("libssl.so.3: cannot open"));
  write_script(dir / "mariadb-backup", "echo hello");
  CHECK(code_of([] { find_backup_tool(); }) == ExitCode::failed);
}
