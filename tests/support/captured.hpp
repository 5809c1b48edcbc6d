#pragma once

#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace mysql_agent::test {

/// Captures what this process writes to a descriptor (STDOUT_FILENO, STDERR_FILENO). The destructor ends this.
class Captured {
 public:
  explicit Captured(int fd) : fd_(fd), saved_(::dup(fd)), file_(std::tmpfile()) {
    if (file_ == nullptr || saved_ < 0) throw std::runtime_error("cannot capture a descriptor");
    flush();
    ::dup2(::fileno(file_), fd_);
  }
  ~Captured() {
    flush();
    ::dup2(saved_, fd_);
    ::close(saved_);
    std::fclose(file_);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  /// All output so far.
  std::string text() const {
    flush();
    std::string out(1 << 20, '\0');
    const ssize_t n = ::pread(::fileno(file_), out.data(), out.size(), 0);
    out.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return out;
  }

 private:
  static void flush() {
    std::cout.flush();
    std::fflush(nullptr);
  }

  int fd_;
  int saved_;
  std::FILE* file_;
};

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

}  // namespace mysql_agent::test
