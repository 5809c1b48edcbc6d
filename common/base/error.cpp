#include "common/base/error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>
#include <system_error>

#include "common/base/component.hpp"
#include "common/base/log.hpp"

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

// What fits on a screen, and in `kubectl describe pod`.
constexpr std::size_t longest_error = 590;
constexpr std::string_view cut = " ... (the log has the whole text)";

// At most `size` bytes of the text, and no part of a character.
std::string utf8_start(const std::string& text, std::size_t size) {
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

// An error stays two lines, whatever a server or a path has put into it.
std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  return text;
}

}  // namespace

void report(const Error& error, const std::string& termination_log) {
  std::string what = one_line(error.what());
  if (what.size() > longest_error) {
    log_event(LogLevel::error, component::agent, "ended with an error that is long", {{"error", what}});
    what = utf8_start(what, longest_error - cut.size()) + std::string(cut);
  }
  const std::string text = "error: " + what + "\nhint: " + one_line(error.hint()) + "\n";
  std::fputs(text.c_str(), stderr);
  // O_CREAT is not used: outside of a pod the file does not exist, and nobody wants it.
  const int fd = ::open(termination_log.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (fd < 0) return;
  // A failure here is ignored: the same text is on stderr.
  [[maybe_unused]] const ssize_t written = ::write(fd, text.data(), text.size());
  ::close(fd);
}

}  // namespace mysql_agent
