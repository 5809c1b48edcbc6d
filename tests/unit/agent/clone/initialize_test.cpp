#include "agent/clone/initialize.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "common/base/error.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/scoped_env.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

// Stands for mariadb-install-db: writes down what it was told, and the SQL that it was handed.
void fake_installer(const TempDir& dir, int exit_code) {
  write_text(dir / "bin/mariadb-install-db", "#!/bin/sh\nprintf '%s\\n' \"$@\" >" + (dir / "arguments").string() +
                                                 "\ncat /proc/self/fd/3 >" + (dir / "sql").string() +
                                                 "\necho it broke >&2\nexit " + std::to_string(exit_code) + "\n");
  std::filesystem::permissions(dir / "bin/mariadb-install-db", std::filesystem::perms::owner_all);
}

}  // namespace

TEST_CASE("the first data directory is made with temporary files of its own and without the password in sight") {
  const TempDir dir;
  fake_installer(dir, 0);
  const ScopedEnv path("PATH", (dir / "bin").string() + ":/usr/bin:/bin");
  initialize_mariadb(
      "/volume/.mysql-agent/staging",
      {Secret("pass'word"), {{ManagedAccount::Purpose::replication, "repl'ica", Secret("its pass'word")}}},
      parse_server_settings("\n--innodb-page-size=8k --sql_mode=ANSI --innodb_undo_tablespaces=3", ""));
  const std::string arguments = read_text(dir / "arguments");
  CHECK_THAT(arguments, Catch::Contains("--datadir=/volume/.mysql-agent/staging\n"));
  // A server that starts removes other servers' files from a temporary directory that they share.
  CHECK_THAT(arguments, Catch::Contains("--tmpdir=/volume/.mysql-agent\n"));
  CHECK_THAT(arguments, !Catch::Contains("pass'word"));
  CHECK_THAT(arguments, Catch::Contains("--innodb-page-size=8k\n--innodb_undo_tablespaces=3\n"));
  CHECK_THAT(arguments, !Catch::Contains("sql_mode"));
  const std::string sql = read_text(dir / "sql");
  CHECK_THAT(sql, Catch::Contains("DELETE FROM mysql.global_priv WHERE User = ''"));
  CHECK_THAT(sql, Catch::Contains("'$.authentication_string', '*"));
  CHECK_THAT(sql, Catch::Contains("FLUSH PRIVILEGES;\nCREATE USER IF NOT EXISTS 'repl\\'ica'@'%' IDENTIFIED VIA "
                                  "mysql_native_password USING '*"));
  CHECK_THAT(sql, Catch::Contains("GRANT REPLICATION SLAVE ON *.* TO 'repl\\'ica'@'%';"));
  CHECK_THAT(sql, !Catch::Contains("pass'word"));
}

TEST_CASE("a replication password that a replica cannot keep is refused before anything is made") {
  const TempDir dir;
  fake_installer(dir, 0);
  const ScopedEnv path("PATH", (dir / "bin").string() + ":/usr/bin:/bin");
  const FirstAccounts accounts{Secret(),
                               {{ManagedAccount::Purpose::replication, "replication", Secret("line\nbreak")}}};
  CHECK(error_of([&] { initialize_mariadb("/volume/.mysql-agent/staging", accounts, {}); }).code() == ExitCode::usage);
  CHECK_FALSE(std::filesystem::exists(dir / "arguments"));
}

TEST_CASE("an installer that fails, or is not there, is an error that says so") {
  const TempDir dir;
  SECTION("it fails") {
    fake_installer(dir, 1);
    const ScopedEnv path("PATH", (dir / "bin").string() + ":/usr/bin:/bin");
    const Error error = error_of([] { initialize_mariadb("/volume/.mysql-agent/staging", {}, {}); });
    CHECK(error.code() == ExitCode::failed);
    CHECK_THAT(error.what(), Catch::Contains("exit code 1") && Catch::Contains("it broke"));
  }
  SECTION("it is not there") {
    const ScopedEnv path("PATH", (dir / "bin").string());
    CHECK(error_of([] { initialize_mariadb("/volume/.mysql-agent/staging", {}, {}); }).code() == ExitCode::usage);
  }
}
