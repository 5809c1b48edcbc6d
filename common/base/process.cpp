#include "common/base/process.hpp"

#include <utility>  // before Boost.Asio 1.74 in C++20, which uses std::exchange without it

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/process.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/posix.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "common/base/error.hpp"

namespace mysql_agent {
namespace bp = boost::process;
namespace fs = std::filesystem;
namespace {

constexpr std::array kept_variables{"PATH", "HOME", "TMPDIR", "TZ", "LANG", "LD_LIBRARY_PATH"};
constexpr int option_file_number = 3;  // option_file_path has the same number
constexpr int stream_buffer_bytes = 4 << 20;

struct Pipe {
  Fd read;
  Fd write;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw failed("cannot create a pipe: " + errno_text(errno), "raise the limit of open files");
  return {Fd(ends[0]), Fd(ends[1])};
}

// A pair of connected sockets costs the kernel less work for a stream than a pipe does: sockets move pieces of up to 32
// KiB, and a pipe moves single pages. The backup tool and the sidecar took 9 % less CPU time for 2.1 GB than with a
// pipe of 1 MiB.
Pipe make_stream() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw failed("cannot create a pair of sockets: " + errno_text(errno), "raise the limit of open files");
  Pipe pair{Fd(ends[0]), Fd(ends[1])};
  // Without privileges the kernel cuts the size to net.core.wmem_max, which only costs speed.
  ::setsockopt(pair.write.get(), SOL_SOCKET, SO_SNDBUF, &stream_buffer_bytes, sizeof stream_buffer_bytes);
  ::shutdown(pair.read.get(), SHUT_WR);
  return pair;
}

bp::environment child_environment() {
  bp::environment environment;
  for (const char* name : kept_variables)
    if (const char* value = std::getenv(name)) environment[name] = value;
  return environment;
}

}  // namespace

struct Child::Handle {
  bp::child child;
  std::optional<int> exit_code;
  Fd out;
  Fd error;
};

Child::Child(const Command& command) : handle_(std::make_unique<Handle>()) {
  Pipe out = make_stream();
  Pipe error = make_pipe();
  const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const pid_t agent = ::getpid();
  // prepare runs in the child, between fork and exec.
  const auto prepare = [agent](auto&) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != agent) ::_exit(127);  // the agent died before prctl
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    // The agent opens all files close-on-exec, but libraries also open files. The option file is bound after this.
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  };
  std::error_code failure;
  std::vector<std::string> arguments(command.argv.begin() + 1, command.argv.end());
  const auto start = [&](auto&&... option_file_binding) {
    return bp::child(bp::exe = command.argv.at(0), bp::args = arguments, bp::start_dir = command.directory.string(),
                     child_environment(), bp::posix::fd.bind(0, null.get()), bp::posix::fd.bind(1, out.write.get()),
                     bp::posix::fd.bind(2, error.write.get()), bp::extend::on_exec_setup = prepare, failure,
                     std::forward<decltype(option_file_binding)>(option_file_binding)...);
  };
  // bind calls dup2, which clears close-on-exec on the new descriptor. dup2 of a descriptor onto itself clears nothing,
  // so that the option file must not already have the number that it gets.
  if (command.option_file && *command.option_file == option_file_number) {
    const Fd moved(::fcntl(*command.option_file, F_DUPFD_CLOEXEC, option_file_number + 1));
    handle_->child = start(bp::posix::fd.bind(option_file_number, moved.get()));
  } else if (command.option_file) {
    handle_->child = start(bp::posix::fd.bind(option_file_number, *command.option_file));
  } else {
    handle_->child = start();
  }
  if (failure)
    throw failed("cannot start " + command.argv[0] + ": " + failure.message(),
                 "check that it is installed and executable");
  handle_->out = std::move(out.read);
  handle_->error = std::move(error.read);
}

Child::~Child() {
  if (try_wait()) return;
  signal(SIGKILL);
  wait();
}

pid_t Child::pid() const {
  return handle_->child.id();
}

Fd Child::take_stdout() {
  return std::move(handle_->out);
}

Fd Child::take_stderr() {
  return std::move(handle_->error);
}

void Child::signal(int number) {
  if (handle_->exit_code) return;
  // The child makes its process group itself. If it has not done so yet, it has no children.
  if (::kill(-pid(), number) != 0) ::kill(pid(), number);
}

namespace {

int exit_code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

int Child::wait() {
  if (!handle_->exit_code) {
    std::error_code ignored;
    handle_->child.wait(ignored);
    handle_->exit_code = exit_code_of(handle_->child.native_exit_code());
  }
  return *handle_->exit_code;
}

std::optional<int> Child::try_wait() {
  if (!handle_->exit_code) {
    std::error_code ignored;
    if (handle_->child.running(ignored)) return std::nullopt;
    handle_->exit_code = exit_code_of(handle_->child.native_exit_code());
  }
  return handle_->exit_code;
}

void read_to_end(const Fd& out, const Fd& error, LineTail& out_tail, LineTail& error_tail) {
  std::array<pollfd, 2> polled{{{out.get(), POLLIN, 0}, {error.get(), POLLIN, 0}}};
  while (polled[0].fd >= 0 || polled[1].fd >= 0) {
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) break;
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].fd < 0 || polled[i].revents == 0) continue;
      char buffer[16 * 1024];
      const ssize_t n = ::read(polled[i].fd, buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) polled[i].fd = -1;
      else (i == 0 ? out_tail : error_tail).add({buffer, static_cast<std::size_t>(n)});
    }
  }
}

Finished run_command(const Command& command, const std::function<void(std::string_view)>& on_error_line) {
  Child child(command);
  LineTail out_tail(64 * 1024);
  LineTail error_tail(4 * 1024, on_error_line);
  const Fd out = child.take_stdout();
  const Fd error = child.take_stderr();
  read_to_end(out, error, out_tail, error_tail);
  Finished finished;
  finished.exit_code = child.wait();
  finished.out = out_tail.text();
  finished.error_tail = error_tail.text();
  return finished;
}

std::optional<fs::path> find_in_path(const std::vector<std::string>& names) {
  const char* const path = std::getenv("PATH");
  const std::string directories = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  for (const std::string& name : names) {
    for (std::size_t from = 0; from <= directories.size();) {
      const std::size_t colon = std::min(directories.find(':', from), directories.size());
      const fs::path candidate = fs::path(directories.substr(from, colon - from)) / name;
      std::error_code error;
      if (candidate.is_absolute() && fs::is_regular_file(candidate, error) && ::access(candidate.c_str(), X_OK) == 0)
        return candidate;
      from = colon + 1;
    }
  }
  return std::nullopt;
}

}  // namespace mysql_agent
