#include "common/base/line_tail.hpp"

#include <utility>

namespace mysql_agent {

LineTail::LineTail(std::size_t max_bytes, std::function<void(std::string_view)> on_line)
    : max_bytes_(max_bytes), on_line_(std::move(on_line)) {}

void LineTail::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    partial_ += bytes.substr(0, newline);
    // A child that never ends its line must not fill the agent's memory.
    if (partial_.size() > max_bytes_) partial_.erase(0, partial_.size() - max_bytes_);
    if (newline == std::string_view::npos) return;
    if (on_line_) on_line_(partial_);
    lines_ += partial_ + "\n";
    partial_.clear();
    if (lines_.size() > 2 * max_bytes_) lines_.erase(0, lines_.size() - max_bytes_);
    bytes.remove_prefix(newline + 1);
  }
}

std::string LineTail::text() const {
  std::string all = lines_ + partial_;
  if (all.size() > max_bytes_) all.erase(0, all.size() - max_bytes_);
  if (all.ends_with('\n')) all.pop_back();
  return all;
}

std::string LineTail::last_line() const {
  const std::string all = text();
  const std::size_t end = all.find_last_not_of("\n");
  if (end == std::string::npos) return "";
  const std::size_t start = all.rfind('\n', end);
  return all.substr(start == std::string::npos ? 0 : start + 1, end - (start == std::string::npos ? 0 : start + 1) + 1);
}

}  // namespace mysql_agent
