#include "common/base/error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <system_error>

namespace mysql_agent {

Error failed(const std::string& what, const std::string& hint) {
  return Error(ExitCode::failed, what, hint);
}

Error usage_error(const std::string& what, const std::string& hint) {
  return Error(ExitCode::usage, what, hint);
}

Error refused(const std::string& what, const std::string& hint) {
  return Error(ExitCode::refused, what, hint);
}

std::string errno_text(int error_number) {
  return std::generic_category().message(error_number);
}

namespace {

// An error stays two lines, whatever a server or a path has put into it.
std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  return text;
}

}  // namespace

void report(const Error& error, const std::string& termination_log) {
  const std::string text = "error: " + one_line(error.what()) + "\nhint: " + one_line(error.hint()) + "\n";
  std::fputs(text.c_str(), stderr);
  // O_CREAT is not used: outside of a pod the file does not exist, and nobody wants it.
  const int fd = ::open(termination_log.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (fd < 0) return;
  // A failure here is ignored: the same text is on stderr.
  [[maybe_unused]] const ssize_t written = ::write(fd, text.data(), text.size());
  ::close(fd);
}

}  // namespace mysql_agent
