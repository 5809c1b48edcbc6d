#pragma once

#include <stdexcept>
#include <string>

namespace mysql_agent {

/// The exit code of the process. Kubernetes restarts the container on any code but `done`; a person reads the number.
enum class ExitCode {
  done = 0,
  failed = 1,   ///< something failed; another try may help
  usage = 2,    ///< the command line or the configuration is wrong; another try does not help
  refused = 3,  ///< the next step could lose data; a person must decide
};

/// The agent's exception type. what() says what failed, with path, host and cause; hint() says what to do about it.
/// An Error is thrown where the work cannot go on. It is caught in main, at one served clone, and at one look of the
/// sidecar.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& what, std::string hint)
      : std::runtime_error(what), code_(code), hint_(std::move(hint)) {}

  ExitCode code() const { return code_; }
  const std::string& hint() const { return hint_; }

 private:
  ExitCode code_;
  std::string hint_;
};

/// Makes an Error with the exit code of that name, for the caller to throw. `what` and `hint` are one line each, for
/// people. An empty hint is for an error whose text the caller puts into another error.
Error failed(const std::string& what, const std::string& hint);
Error usage_error(const std::string& what, const std::string& hint);
Error refused(const std::string& what, const std::string& hint);

/// The text of an errno value, as strerror gives it. Any thread may call it.
std::string errno_text(int error_number);

/// Writes the two lines `error: ...` and `hint: ...` to stderr. A longer error than 600 bytes is cut there, and the
/// log has it whole. Writes the same lines to `termination_log` if that file exists. The kubelet makes
/// /dev/termination-log, and `kubectl describe pod` shows what is in it. Never throws.
void report(const Error& error, const std::string& termination_log);

}  // namespace mysql_agent
