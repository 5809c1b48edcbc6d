#include "agent/install.hpp"

#include <sys/stat.h>

#include "common/base/file.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using test::TempDir;
using test::write_text;

namespace {

// The tests' program is large, and so read in large pieces.
bool is_copy(const std::filesystem::path& file) {
  return read_file(file, std::size_t{1} << 30) == read_file("/proc/self/exe", std::size_t{1} << 30);
}

}  // namespace

TEST_CASE("install copies the program that runs, and others may run the copy") {
  const TempDir dir;
  const mode_t before = ::umask(0077);
  install_program(dir.path());
  ::umask(before);
  CHECK(is_copy(dir / "mysql-agent"));
  struct stat status {};
  REQUIRE(::stat((dir / "mysql-agent").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0755);
  CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 1);
}

TEST_CASE("install replaces what a killed one and an older one left") {
  const TempDir dir;
  write_text(dir / ".mysql-agent.tmp", "half");
  write_text(dir / "mysql-agent", "an older one");
  install_program(dir.path());
  install_program(dir.path());
  CHECK(is_copy(dir / "mysql-agent"));
  CHECK_FALSE(std::filesystem::exists(dir / ".mysql-agent.tmp"));
}

TEST_CASE("install says what stands in its way") {
  const TempDir dir;
  const Error missing = test::error_of([&] { install_program(dir / "none"); });
  CHECK(missing.code() == ExitCode::usage);
  CHECK_THAT(missing.what(), Catch::Contains((dir / "none").string()));
  write_text(dir / "mysql-agent" / "file", "a directory of this name");
  const Error in_the_way = test::error_of([&] { install_program(dir.path()); });
  CHECK(in_the_way.code() == ExitCode::failed);
  CHECK_THAT(in_the_way.what(), Catch::Contains((dir / "mysql-agent").string() + ": Is a directory"));
  CHECK_FALSE(std::filesystem::exists(dir / ".mysql-agent.tmp"));
}
