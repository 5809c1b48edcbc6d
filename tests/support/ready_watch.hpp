#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/test_set.hpp"

namespace mysql_agent::test {

/// Asks /readyz of all pods all the time, each in a thread of its own, and keeps the changes.
class ReadyWatch {
 public:
  explicit ReadyWatch(const TestSet& set);
  ~ReadyWatch();
  ReadyWatch(const ReadyWatch&) = delete;
  ReadyWatch& operator=(const ReadyWatch&) = delete;

  static constexpr int pods = 4;
  std::uint64_t answers() const { return answers_; }
  /// The last changes, one a line: `12.3 s mysql-1 503 the server does not answer`.
  std::string changes() const;
  /// Seconds since it began.
  double now() const;

 private:
  void watch(int ordinal);
  const TestSet& set_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> answers_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> changes_;
  std::array<std::thread, pods> threads_;
};

}  // namespace mysql_agent::test
