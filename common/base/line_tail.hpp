#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace mysql_agent {

/// Keeps the end of what a child says, line by line, within a fixed size.
class LineTail {
 public:
  explicit LineTail(std::size_t max_bytes, std::function<void(std::string_view)> on_line = {});
  void add(std::string_view bytes);
  std::string text() const;       ///< the last lines, joined by newlines
  std::string last_line() const;  ///< the last one that is not empty

 private:
  std::size_t max_bytes_;
  std::function<void(std::string_view)> on_line_;
  std::string lines_;
  std::string partial_;
};

}  // namespace mysql_agent
