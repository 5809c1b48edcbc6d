#include "common/base/error.hpp"

#include <catch2/catch.hpp>
#include <cerrno>

#include "tests/support/captured.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using test::read_text;
using test::TempDir;
using test::write_text;

namespace {

std::string reported(const Error& error, const std::string& termination_log) {
  const test::Captured captured(STDERR_FILENO);
  report(error, termination_log);
  return captured.text();
}

}  // namespace

TEST_CASE("each kind of error has its exit code") {
  CHECK(static_cast<int>(ExitCode::done) == 0);
  CHECK(static_cast<int>(failed("a", "b").code()) == 1);
  CHECK(static_cast<int>(usage_error("a", "b").code()) == 2);
  CHECK(static_cast<int>(refused("a", "b").code()) == 3);
  CHECK(std::string(refused("a", "b").what()) == "a");
  CHECK(refused("a", "b").hint() == "b");
}

TEST_CASE("an error is reported in two lines, whatever its text holds") {
  const TempDir dir;
  write_text(dir / "log", "old");
  const std::string text = reported(failed("one\ntwo\r\nthree", "do\nthis"), (dir / "log").string());
  CHECK(text == "error: one two  three\nhint: do this\n");
  CHECK(read_text(dir / "log") == text);
}

TEST_CASE("a termination log that does not exist is not made") {
  const TempDir dir;
  CHECK(reported(failed("a", "b"), (dir / "log").string()) == "error: a\nhint: b\n");
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("an errno has its text") {
  CHECK(errno_text(ENOENT) == "No such file or directory");
}
