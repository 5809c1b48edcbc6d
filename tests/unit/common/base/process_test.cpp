#include "common/base/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "tests/support/captured.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/scoped_env.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using test::lines_of;
using test::ScopedEnv;
using test::TempDir;
using test::write_text;
namespace fs = std::filesystem;

namespace {

Command shell(const std::string& script) {
  return {{"/bin/sh", "-c", script}, "/", {}};
}

// The next bytes from a pipe; "" at the end of the pipe. The test fails after 10 s of silence.
std::string read_some(const Fd& fd) {
  pollfd polled{fd.get(), POLLIN, 0};
  REQUIRE(::poll(&polled, 1, 10'000) == 1);
  char buffer[256];
  const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
  REQUIRE(n >= 0);
  return {buffer, static_cast<std::size_t>(n)};
}

}  // namespace

TEST_CASE("a command's exit code and output come back") {
  const Finished finished = run_command(shell("echo out; echo error >&2; exit 7"));
  CHECK(finished.exit_code == 7);
  CHECK(finished.out == "out");
  CHECK(finished.error_tail == "error");
  CHECK(run_command(shell("true")).exit_code == 0);
}

TEST_CASE("a death by signal is 128 and its number") {
  CHECK(run_command(shell("kill -9 $$")).exit_code == 128 + SIGKILL);
  CHECK(run_command(shell("kill -15 $$")).exit_code == 128 + SIGTERM);
}

TEST_CASE("a command that cannot be started is an error with its name") {
  const Error error = test::error_of([] { run_command({{"/no/such/tool", "--version"}, "/", {}}); });
  CHECK(error.code() == ExitCode::failed);
  CHECK_THAT(error.what(), Catch::Contains("/no/such/tool"));
}

TEST_CASE("lines of stderr are seen as they come, and the last of them are kept") {
  std::vector<std::string> lines;
  const Finished finished = run_command(shell("for i in 1 2 3; do echo line $i >&2; done"),
                                        [&](std::string_view line) { lines.emplace_back(line); });
  CHECK(lines == std::vector<std::string>{"line 1", "line 2", "line 3"});
  CHECK(finished.error_tail == "line 1\nline 2\nline 3");
}

TEST_CASE("much output on both pipes neither blocks the child nor fills our memory") {
  const Finished finished = run_command(
      shell("head -c 3000000 /dev/zero | tr '\\0' e >&2; head -c 3000000 /dev/zero | tr '\\0' o; echo end"));
  CHECK(finished.exit_code == 0);
  CHECK(finished.out.size() <= 64 * 1024);
  CHECK_THAT(finished.out, Catch::EndsWith("ooend"));
  CHECK(finished.error_tail.size() <= 4 * 1024);
}

TEST_CASE("a child gets its arguments as they are, its directory, and nothing to read") {
  const TempDir dir;
  CHECK(run_command({{"/bin/echo", "a b", "$HOME", "", "'"}, "/", {}}).out == "a b $HOME  '");
  CHECK(run_command({{"/bin/pwd"}, dir.path(), {}}).out == fs::canonical(dir.path()).string());
  CHECK(run_command({{"/bin/cat"}, "/", {}}).out.empty());
}

TEST_CASE("of the environment a child sees six names only") {
  const ScopedEnv canary("MYSQL_AGENT_CANARY", "secret"), password("MYSQL_PWD", "secret"), zone("TZ", "UTC"),
      lang("LANG", "C.UTF-8");
  const Finished finished = run_command({{"/usr/bin/env"}, "/", {}});
  CHECK_THAT(finished.out, !Catch::Contains("secret") && Catch::Contains("TZ=UTC") && Catch::Contains("LANG=C.UTF-8") &&
                               Catch::Contains("PATH="));
  for (const std::string& line : lines_of(finished.out)) {
    const std::string name = line.substr(0, line.find('='));
    INFO(name);
    CHECK((name == "PATH" || name == "HOME" || name == "TMPDIR" || name == "TZ" || name == "LANG" ||
           name == "LD_LIBRARY_PATH"));
  }
}

TEST_CASE("a child reads its option file at the fixed path") {
  const Fd file = make_memory_file("login.cnf", "[client]\npassword=secret\n");
  Command command{{"/bin/cat", option_file_path}, "/", {}};
  SECTION("whatever its number is here") {
    command.option_file = file.get();
    CHECK(run_command(command).out == "[client]\npassword=secret");
  }
  SECTION("also when it has the number here that it gets there") {
    // The program that runs this test may use this descriptor, so that it is restored.
    const int saved = ::fcntl(3, F_DUPFD_CLOEXEC, 10);
    const Fd high(::fcntl(file.get(), F_DUPFD_CLOEXEC, 10));
    REQUIRE(::dup3(high.get(), 3, O_CLOEXEC) == 3);
    command.option_file = 3;
    CHECK(run_command(command).out == "[client]\npassword=secret");
    if (saved >= 0) ::dup3(saved, 3, O_CLOEXEC);
    ::close(saved >= 0 ? saved : 3);
  }
}

TEST_CASE("a child inherits none of the agent's own files") {
  const TempDir dir;
  write_text(dir / "canary", "");
  const Fd closed(::open((dir / "canary").c_str(), O_RDONLY | O_CLOEXEC));
  CHECK_THAT(run_command(shell("ls -l /proc/$$/fd; :")).out, !Catch::Contains("canary"));
}

TEST_CASE("a child inherits no file that a library opened for itself") {
  // Boost.Asio's sockets are not close-on-exec. A recipient's connection must not stay open in a backup tool.
  const TempDir dir;
  write_text(dir / "canary", "");
  const Fd open(::open((dir / "canary").c_str(), O_RDONLY));
  CHECK_THAT(run_command(shell("ls -l /proc/$$/fd; :")).out, !Catch::Contains("canary"));
}

TEST_CASE("a signal reaches the whole group of a child") {
  Child child(shell("sleep 1000 & echo started; wait"));
  const Fd out = child.take_stdout();
  REQUIRE(read_some(out) == "started\n");
  CHECK(::getpgid(child.pid()) == child.pid());
  CHECK_FALSE(child.try_wait().has_value());
  child.signal(SIGTERM);
  CHECK(child.wait() == 128 + SIGTERM);
  CHECK(child.try_wait() == 128 + SIGTERM);
  // The grandchild holds the pipe open as long as it lives.
  CHECK(read_some(out).empty());
}

TEST_CASE("a child is gone with its owner") {
  pid_t pid = 0;
  Fd out;
  {
    Child child(shell("trap '' TERM; sleep 1000 & echo started; wait"));
    pid = child.pid();
    out = child.take_stdout();
    REQUIRE(read_some(out) == "started\n");
  }
  CHECK(::kill(pid, 0) == -1);
  CHECK(errno == ESRCH);
  CHECK(read_some(out).empty());
}

TEST_CASE("the first name that PATH has is found, as an executable file") {
  const TempDir dir;
  write_text(dir / "one" / "tool", "");
  write_text(dir / "two" / "tool", "");
  write_text(dir / "two" / "other", "");
  fs::create_directories(dir / "two" / "folder");
  fs::permissions(dir / "two" / "tool", fs::perms::owner_all);
  fs::permissions(dir / "two" / "other", fs::perms::owner_all);
  const ScopedEnv path(
      "PATH", ":relative:" + (dir / "none").string() + ":" + (dir / "one").string() + ":" + (dir / "two").string());
  CHECK(find_in_path({"tool"}) == dir / "two" / "tool");
  CHECK(find_in_path({"missing", "other", "tool"}) == dir / "two" / "other");
  CHECK_FALSE(find_in_path({"missing"}).has_value());
  CHECK_FALSE(find_in_path({"folder"}).has_value());
  CHECK_FALSE(find_in_path({}).has_value());
}

TEST_CASE("a tail keeps the last lines within its size") {
  std::vector<std::string> seen;
  LineTail tail(20, [&](std::string_view line) { seen.emplace_back(line); });
  CHECK(tail.text().empty());
  CHECK(tail.last_line().empty());
  tail.add("first\nsec");
  CHECK(seen == std::vector<std::string>{"first"});
  CHECK(tail.last_line() == "sec");
  tail.add("ond\n\n");
  CHECK(seen == std::vector<std::string>{"first", "second", ""});
  CHECK(tail.last_line() == "second");
  CHECK(tail.text() == "first\nsecond\n");
  tail.add("third line\nfourth");
  CHECK(tail.text().size() <= 20);
  CHECK_THAT(tail.text(), Catch::EndsWith("third line\nfourth"));
}

TEST_CASE("a line without an end does not grow") {
  LineTail tail(100);
  for (int i = 0; i < 1000; ++i) tail.add(std::string(50, 'x'));
  tail.add("end");
  CHECK(tail.text().size() == 100);
  CHECK_THAT(tail.text(), Catch::EndsWith("xend"));
  for (int i = 0; i < 1000; ++i) tail.add("line\n");
  CHECK(tail.text().size() <= 100);
  CHECK(tail.last_line() == "line");
}
