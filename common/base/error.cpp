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

// An error must stay two lines, whatever a server or a path put into it.
std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  return text;
}

}  // namespace

void report(const Error& error, const std::string& termination_log) {
  const std::string text = "error: " + one_line(error.what()) + "\nhint: " + one_line(error.hint()) + "\n";
  std::fputs(text.c_str(), stderr);
  // No O_CREAT: outside a pod the file does not exist, and then nobody asked for it.
  const int fd = ::open(termination_log.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (fd < 0) return;
  // Nobody is left to tell should this fail: the same text stands on stderr.
  [[maybe_unused]] const ssize_t written = ::write(fd, text.data(), text.size());
  ::close(fd);
}

}  // namespace mysql_agent
