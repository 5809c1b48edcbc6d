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

TEST_CASE("an error stays under 600 characters, and the log has a longer one whole") {
  const TempDir dir;
  write_text(dir / "log", "old");
  std::string what;
  for (int i = 0; i < 400; ++i) what += "\u00e4 ";
  const std::string text = reported(failed(what, "do this"), (dir / "log").string());
  const auto lines = test::lines_of(text);
  REQUIRE(lines.size() == 3);
  CHECK_THAT(lines[0], Catch::Contains(what.substr(0, what.size() - 1)));
  CHECK(lines[1].size() < 600);
  CHECK(lines[1].size() > 580);
  CHECK_THAT(lines[1], Catch::StartsWith("error: \u00e4 ") && Catch::EndsWith(" ... (the log has the whole text)"));
  CHECK(lines[2] == "hint: do this");
  CHECK(read_text(dir / "log") == lines[1] + "\n" + lines[2] + "\n");
}

TEST_CASE("a termination log that does not exist is not made") {
  const TempDir dir;
  CHECK(reported(failed("a", "b"), (dir / "log").string()) == "error: a\nhint: b\n");
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("an errno has its text") {
  CHECK(errno_text(ENOENT) == "No such file or directory");
}
