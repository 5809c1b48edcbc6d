#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mysql_agent::test {

using Arguments = std::vector<std::string>;

/// The exit code of a process that SIGKILL ended.
constexpr int killed = 128 + SIGKILL;
/// The environment of an agent that kills itself at this crash point.
Arguments crash_at(const std::string& point);

/// A process that runs beside the test, with its output in a file. The process dies with the test, however the test
/// ends.
class Background {
 public:
  /// `environment` is added to the test's own, as `NAME=value`.
  Background(const Arguments& argv, std::filesystem::path log, const Arguments& environment = {});
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// The exit code, or 128 + the signal. nullopt: the process still runs after `timeout`.
  std::optional<int> wait(std::chrono::milliseconds timeout);
  std::string output() const;

 private:
  pid_t pid_ = -1;
  std::filesystem::path log_;
  std::optional<int> exit_code_;
};

struct Ran {
  int exit_code = -1;
  std::string output;  ///< stdout and stderr
};

/// Runs a command to its end. After two minutes the command is killed, and the test fails.
Ran run_to_end(const Arguments& argv, const Arguments& environment = {});

/// Asks every 20 ms until the answer is true. Returns false after `timeout`.
bool eventually(std::chrono::milliseconds timeout, const std::function<bool()>& answer);

/// The binary that ships, which scripts/test builds. The test fails if it does not exist.
std::string release_binary();

/// Whether the long tests are to run (scripts/test --long).
bool long_tests();

/// The processes whose parent is `parent` and whose command line contains `word`.
std::vector<pid_t> children_of(pid_t parent, const std::string& word);

}  // namespace mysql_agent::test
