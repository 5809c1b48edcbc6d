#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/file.hpp"
#include "common/base/line_tail.hpp"

namespace mysql_agent {

/// What a child is started with. argv[0] is an absolute path. Of the agent's environment the child gets only PATH,
/// HOME, TMPDIR, TZ, LANG and LD_LIBRARY_PATH. Of the agent's open files the child gets only `option_file`. The child
/// leads a process group of its own. The kernel kills the child when the thread that started it dies (man 2 prctl,
/// PR_SET_PDEATHSIG).
struct Command {
  std::vector<std::string> argv;
  std::filesystem::path directory = "/";
  std::optional<int> option_file = std::nullopt;  ///< descriptor of make_memory_file; the child opens option_file_path
};

/// The path at which a child finds Command::option_file. The path is fixed, so that argv can be made before the file.
constexpr const char* option_file_path = "/proc/self/fd/3";

/// A child process. The destructor sends SIGKILL to the child's group if the child still runs, and waits for its end.
class Child {
 public:
  /// Starts the child. Its stdout is a socket, which is faster for streams; its stderr is a pipe; its stdin is empty.
  /// Throws failed if the child cannot be started.
  explicit Child(const Command& command);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const;
  /// The ends to read stdout and stderr from. Each can be taken once.
  Fd take_stdout();
  Fd take_stderr();
  /// Sends a signal to the child's whole group. Does nothing after the child's end was waited for.
  void signal(int number);
  /// Waits for the child's end. Returns its exit code, or 128 + the number of the signal that ended it.
  int wait();
  /// Returns the same number without waiting. nullopt: the child still runs.
  std::optional<int> try_wait();

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

/// Reads a child's stdout and stderr until both are closed. `out` and `error` are what take_stdout and take_stderr
/// gave.
void read_to_end(const Fd& out, const Fd& error, LineTail& out_tail, LineTail& error_tail);

/// The outcome of a command that has ended.
struct Finished {
  int exit_code = 0;       ///< as Child::wait gives it
  std::string out;         ///< the end of stdout, at most 64 KiB
  std::string error_tail;  ///< the last lines of stderr, at most 4 KiB
};

/// Runs a command to its end. `on_error_line` gets each line of stderr as it arrives. Throws failed if the command
/// cannot be started. An exit code other than 0 is no error here: the caller judges it.
Finished run_command(const Command& command, const std::function<void(std::string_view)>& on_error_line = {});

/// The path of the first of `names` that is an executable file in a directory of PATH. nullopt: none of them is.
std::optional<std::filesystem::path> find_in_path(const std::vector<std::string>& names);

}  // namespace mysql_agent
