#pragma once

#include <stdexcept>
#include <string>

namespace mysql_agent {

/// What the process tells its caller. Kubernetes restarts on anything but `done`; a person reads the number.
enum class ExitCode {
  done = 0,
  failed = 1,   ///< trying again may help
  usage = 2,    ///< usage or configuration: trying again will not help
  refused = 3,  ///< going on could lose data: a person must decide
};

/// The one exception type of the agent: what failed (with path, host and cause) and what to do about it.
/// Thrown where the work cannot go on; caught at main, at one served clone, at one look of the sidecar.
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

/// An Error with the exit code of that name, for the caller to throw. `what` says what failed, with path, host and
/// cause, `hint` what to do about it; each is one line for people. An empty hint is for an error that the caller puts
/// into one of its own.
Error failed(const std::string& what, const std::string& hint);
Error usage_error(const std::string& what, const std::string& hint);
Error refused(const std::string& what, const std::string& hint);

/// The text of an errno value, as strerror gives it; safe in threads.
std::string errno_text(int error_number);

/// Writes the two lines `error: ...` and `hint: ...` to stderr, and the same to `termination_log` where that
/// file exists already (the kubelet makes /dev/termination-log; `kubectl describe pod` shows it).
void report(const Error& error, const std::string& termination_log);

}  // namespace mysql_agent
