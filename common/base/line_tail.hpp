#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace mysql_agent {

/// Keeps the last lines of a child's output, in at most about three times `max_bytes` of memory. `on_line` gets each
/// complete line, without its newline; of a line longer than `max_bytes` it gets the end.
class LineTail {
 public:
  explicit LineTail(std::size_t max_bytes, std::function<void(std::string_view)> on_line = {});
  /// Takes the next bytes of the output, in pieces of any length.
  void add(std::string_view bytes);
  std::string text() const;       ///< the last `max_bytes` at most, without the newline at the end
  std::string last_line() const;  ///< the last line that is not empty; empty if there is none

 private:
  std::size_t max_bytes_;
  std::function<void(std::string_view)> on_line_;
  std::string lines_;
  std::string partial_;
};

}  // namespace mysql_agent
