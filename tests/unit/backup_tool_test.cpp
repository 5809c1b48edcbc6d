#include "common/backup_tool.hpp"

#include "common/container_limits.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/error_of.hpp"
#include "tests/unit/scoped_env.hpp"

using namespace mysql_agent;
using test::code_of;
using test::ScopedEnv;
using test::TempDir;
using test::write_text;
namespace fs = std::filesystem;

namespace {

const BackupTool tool{"/usr/bin/mariadb-backup", "mariadb-backup", {Flavour::mariadb, 10, 11, 19}};

void write_script(const fs::path& path, const std::string& body) {
  write_text(path, "#!/bin/sh\n" + body + "\n");
  fs::permissions(path, fs::perms::owner_all);
}

}  // namespace

TEST_CASE("what the tools print as their version is read") {
  CHECK(parse_tool_version("mariadb-backup based on MariaDB server 10.11.19-MariaDB debian-linux-gnu (x86_64)") ==
        ServerVersion{Flavour::mariadb, 10, 11, 19});
  CHECK(parse_tool_version("xtrabackup version 8.0.35-30 based on MySQL server 8.0.35 Linux (x86_64) (revision id: 6beb4b49)") ==
        ServerVersion{Flavour::mysql, 8, 0, 35});
  CHECK(parse_tool_version("xtrabackup: recognized server arguments: --datadir=/var/lib/mysql\n"
                           "xtrabackup version 8.4.0-1 based on MySQL server 8.4.0 Linux (x86_64)\n") == ServerVersion{Flavour::mysql, 8, 4, 0});
}

TEST_CASE("what says no version is refused with its text") {
  for (const char* text : {"", "bash: mariadb-backup: not found", "mariadb-backup based on MariaDB server ", "xtrabackup version 8.0.35-30"}) {
    INFO(text);
    const Error error = test::error_of([&] { parse_tool_version(text); });
    CHECK(error.code() == ExitCode::failed);
  }
  CHECK_THAT(test::error_of([] { parse_tool_version("hello"); }).what(), Catch::Contains("'hello'"));
}

TEST_CASE("a backup streams to stdout, with its login in the option file alone") {
  CHECK(backup_arguments(tool, "/var/lib/mysql", 4) ==
        std::vector<std::string>{"/usr/bin/mariadb-backup", "--defaults-file=/proc/self/fd/3", "--backup", "--stream=xbstream", "--slave-info",
                                 "--parallel=4", "--log-copy-interval=100", "--datadir=/var/lib/mysql"});
  CHECK(backup_arguments(tool, "/d", 0).at(5) == "--parallel=1");
}

TEST_CASE("a prepare reads no option file and gets its memory in bytes") {
  CHECK(prepare_arguments(tool, "/var/lib/mysql/.mysql-agent/staging", 134217728) ==
        std::vector<std::string>{"/usr/bin/mariadb-backup", "--no-defaults", "--prepare", "--use-memory=134217728",
                                 "--target-dir=/var/lib/mysql/.mysql-agent/staging"});
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
  write_script(dir / "xtrabackup", "echo 'xtrabackup version 8.0.35-30 based on MySQL server 8.0.35 Linux (x86_64)' >&2");
  CHECK(find_backup_tool()->name == "xtrabackup");
  CHECK(find_backup_tool()->version == ServerVersion{Flavour::mysql, 8, 0, 35});
  write_script(dir / "mariabackup", "echo 'mariabackup based on MariaDB server 10.6.16-MariaDB Linux (x86_64)'");
  CHECK(find_backup_tool()->path == dir / "mariabackup");
  CHECK(find_backup_tool()->name == "mariadb-backup");
  CHECK(find_backup_tool()->version == ServerVersion{Flavour::mariadb, 10, 6, 16});
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
