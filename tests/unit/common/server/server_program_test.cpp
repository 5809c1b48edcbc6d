#include "common/server/server_program.hpp"

#include "tests/support/error_of.hpp"
#include "tests/support/scoped_env.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/versions.hpp"

using namespace mysql_agent;
using test::mariadb_version;
using test::mysql_version;
using test::ScopedEnv;
using test::TempDir;

namespace {

// Makes a program that prints `text` for the arguments with which the agent asks for a version, and fails for others.
void install(const std::filesystem::path& program, const std::string& text) {
  test::write_text(
      program,
      "#!/bin/sh\n[ \"$*\" = '--no-defaults --version' ] || { echo \"not: $*\" >&2; exit 7; }\necho '" + text + "'\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
}

}  // namespace

TEST_CASE("server programs say their version") {
  const std::pair<const char*, ServerVersion> versions[] = {
      {"/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))\n", mysql_version(9, 7, 4)},
      {"/usr/sbin/mysqld  Ver 8.4.3 for Linux on x86_64 (MySQL Community Server - GPL)\n", mysql_version(8, 4, 3)},
      {"mysqld  Ver 5.7.44 for Linux on x86_64 (MySQL Community Server (GPL))\n", mysql_version(5, 7, 44)},
      {"mysqld  Ver 8.0.36-28 for Linux on x86_64 (Percona Server (GPL), Release 28, Revision 47601f19)\n",
       mysql_version(8, 0, 36)},
      {"mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)\n",
       mariadb_version(10, 11, 19)},
      {"mysqld  Ver 10.6.22-MariaDB-ubu2004 for debian-linux-gnu on x86_64 (mariadb.org binary distribution)\n",
       mariadb_version(10, 6, 22)},
      {"mysqld  Ver 9.7.4", mysql_version(9, 7, 4)},
  };
  for (const auto& [text, version] : versions) {
    INFO(text);
    CHECK(parse_server_program_version(text) == version);
  }
}

TEST_CASE("what does not say a server's version is refused") {
  for (const char* text :
       {"", "\n", "mysqld", "mysqld 9.7.4", "mysqld  Version 9.7.4 for Linux", "mysqld  Ver ",
        "mysqld  Ver nine for Linux", "mysqld  Ver 9.7 for Linux", "mysqld  Ver  9.7.4 for Linux", "9.7.4"}) {
    INFO(text);
    CHECK(test::code_of([&] { parse_server_program_version(text); }) == ExitCode::failed);
  }
  // The error has only the beginning of the text.
  const Error error =
      test::error_of([] { parse_server_program_version("Segmentation fault" + std::string(1000, '.') + "end"); });
  CHECK_THAT(error.what(), Catch::Contains("Segmentation fault") && !Catch::Contains("end'"));
  CHECK_THAT(error.hint(), Catch::Contains("--version"));
}

TEST_CASE("the server in PATH is found with its version, mariadbd before mysqld") {
  const TempDir dir;
  const ScopedEnv path("PATH", dir.path().string());
  CHECK_FALSE(find_server_program().has_value());
  install(dir / "mysqld", "/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))");
  auto found = find_server_program();
  REQUIRE(found.has_value());
  CHECK(found->path == dir / "mysqld");
  CHECK(found->version == mysql_version(9, 7, 4));
  install(dir / "mariadbd", "mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)");
  found = find_server_program();
  REQUIRE(found.has_value());
  CHECK(found->path == dir / "mariadbd");
  CHECK(found->version == mariadb_version(10, 11, 19));
}

TEST_CASE("a server in PATH that fails is named, with what it said") {
  const TempDir dir;
  const ScopedEnv path("PATH", dir.path().string());
  test::write_text(dir / "mysqld", "#!/bin/sh\necho 'libprotobuf is missing' >&2\nexit 127\n");
  std::filesystem::permissions(dir / "mysqld", std::filesystem::perms::owner_all);
  const Error error = test::error_of([] { find_server_program(); });
  CHECK(error.code() == ExitCode::failed);
  CHECK_THAT(error.what(),
             Catch::Contains((dir / "mysqld").string() + " --version ended with 127: libprotobuf is missing"));
}
