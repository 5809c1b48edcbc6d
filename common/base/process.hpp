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

/// What a child is started with. argv[0] is an absolute path. The child gets none of the agent's environment but
/// PATH, HOME, TMPDIR, TZ, LANG and LD_LIBRARY_PATH, no open file but the ones named here, and a process group of its
/// own; the kernel kills it when the agent's thread that started it dies.
struct Command {
  std::vector<std::string> argv;
  std::filesystem::path directory = "/";
  std::optional<int> option_file;  ///< a file (make_memory_file) that the child finds at option_file_path
};

/// Where a child finds Command::option_file. The number is fixed, so that argv can be made before the file.
constexpr const char* option_file_path = "/proc/self/fd/3";

/// A running child. Its group gets SIGKILL if the owner goes before the child does.
class Child {
 public:
  /// Starts it with its stdout in a socket, for streams, and its stderr in a pipe. Throws failed where it cannot be
  /// started.
  explicit Child(const Command& command);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const;
  /// The ends to read; each may be taken once.
  Fd take_stdout();
  Fd take_stderr();
  /// Sends a signal to the whole group.
  void signal(int number);
  /// Waits for its end: the exit code, or 128 + the signal's number.
  int wait();
  /// The same where it has ended already, else nullopt.
  std::optional<int> try_wait();

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

/// Reads what a child says until it has closed both ends.
void read_to_end(const Fd& out, const Fd& error, LineTail& out_tail, LineTail& error_tail);

struct Finished {
  int exit_code = 0;
  std::string out;         ///< at most 64 KiB of the end of stdout
  std::string error_tail;  ///< the last lines of stderr, at most 4 KiB
};

/// Runs a command to its end. `on_error_line` sees each line of stderr as it comes. Throws failed where it cannot be
/// started; an exit code other than 0 is the caller's to judge.
Finished run_command(const Command& command, const std::function<void(std::string_view)>& on_error_line = {});

/// The first of `names` that is an executable file in a directory of PATH. nullopt where none is.
std::optional<std::filesystem::path> find_in_path(const std::vector<std::string>& names);

}  // namespace mysql_agent
