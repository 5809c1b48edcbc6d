#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace mysql_agent {

/// Limits the bytes a second that all clones of a donor take together. It only calculates: the caller waits.
class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  /// 0 bytes a second is no limit.
  explicit RateLimit(std::uint64_t bytes_per_second) : rate_(bytes_per_second) {}

  /// How many bytes to send at once: so few that also a slow stream keeps moving, and no recipient takes it for a
  /// stall.
  std::size_t piece(std::size_t wanted) const {
    return rate_ == 0 ? wanted : static_cast<std::size_t>(std::clamp<std::uint64_t>(rate_ / 10, 1, wanted));
  }

  /// Reserves time for `bytes`, and returns when they may be sent.
  Clock::time_point reserve(Clock::time_point now, std::size_t bytes) {
    if (rate_ == 0) return now;
    const Clock::time_point at = std::max(now, free_at_);
    free_at_ = at + std::chrono::nanoseconds(
                        static_cast<std::int64_t>(1e9 * static_cast<double>(bytes) / static_cast<double>(rate_)));
    return at;
  }

 private:
  std::uint64_t rate_;
  Clock::time_point free_at_{};
};

}  // namespace mysql_agent
