#pragma once

#include <utility>

namespace mysql_agent {

/// Calls a function when the guard is destroyed, once. A guard can be moved, so that a function can give it to its
/// caller; the guard that was moved from does nothing. The function must not throw.
template <typename Function>
class [[nodiscard]] ScopeGuard {
 public:
  explicit ScopeGuard(Function at_end) : at_end_(std::move(at_end)) {}
  ScopeGuard(ScopeGuard&& other) noexcept
      : at_end_(std::move(other.at_end_)), armed_(std::exchange(other.armed_, false)) {}
  ScopeGuard& operator=(ScopeGuard&&) = delete;
  ~ScopeGuard() {
    if (armed_) at_end_();
  }

 private:
  Function at_end_;
  bool armed_ = true;
};

}  // namespace mysql_agent
