#include "tests/support/background.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "tests/support/temp_dir.hpp"

namespace mysql_agent::test {

Background::Background(const Arguments& argv, std::filesystem::path log, const Arguments& environment)
    : log_(std::move(log)) {
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t test = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != test) ::_exit(127);
  const int out = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, 0);
  ::dup2(out, 1);
  ::dup2(out, 2);
  for (const std::string& variable : environment) ::putenv(const_cast<char*>(variable.c_str()));
  ::execvp(words[0], words.data());
  ::_exit(127);
}

Background::~Background() {
  if (exit_code_) return;
  signal(SIGKILL);
  wait(std::chrono::seconds(10));
}

void Background::signal(int number) const {
  if (!exit_code_) ::kill(pid_, number);
}

std::optional<int> Background::wait(std::chrono::milliseconds timeout) {
  eventually(timeout, [&] {
    if (exit_code_) return true;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
    exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
  });
  return exit_code_;
}

std::string Background::output() const {
  return std::filesystem::exists(log_) ? read_text(log_) : std::string();
}

Ran run_to_end(const Arguments& argv, const Arguments& environment) {
  const TempDir dir;
  Background process(argv, dir / "output", environment);
  const auto code = process.wait(std::chrono::minutes(2));
  if (!code) throw std::runtime_error(argv[0] + " did not end: " + process.output());
  return {*code, process.output()};
}

bool eventually(std::chrono::milliseconds timeout, const std::function<bool()>& answer) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!answer()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

std::vector<pid_t> children_of(pid_t parent, const std::string& word) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0) continue;
    try {
      const std::string stat = read_text(entry.path() / "stat");
      const std::string after_name = stat.substr(stat.rfind(')') + 2);  // state, parent, ...
      const bool is_child = std::atoi(after_name.substr(2).c_str()) == parent;
      if (is_child && after_name[0] != 'Z' && read_text(entry.path() / "cmdline").find(word) != std::string::npos)
        found.push_back(pid);
    } catch (const std::exception&) {
      // The process ended meanwhile.
    }
  }
  return found;
}

Arguments crash_at(const std::string& point) {
  return {"MYSQL_AGENT_TEST_CRASH_AT=" + point};
}

std::string release_binary() {
  const char* const path = std::getenv("MYSQL_AGENT_RELEASE_BINARY");
  if (path == nullptr) FAIL("MYSQL_AGENT_RELEASE_BINARY is not set: run the tests by scripts/test, which builds it");
  return path;
}

bool long_tests() {
  return std::getenv("MYSQL_AGENT_TEST_LONG") != nullptr;
}

}  // namespace mysql_agent::test
