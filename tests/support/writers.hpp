#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/test_set.hpp"

namespace mysql_agent::test {

/// Two clients of a primary that insert rows and remember which were acknowledged, and a third one that makes, changes,
/// renames and drops tables. A server that is away is tried again. All of it is in the database `random`.
class Writers {
 public:
  /// Makes the database, and begins to write.
  explicit Writers(const TestSet& set);
  ~Writers();
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  /// False where a statement was still under way after a minute.
  bool pause();
  void resume() { paused_ = false; }

  std::uint64_t acknowledged() const { return acknowledged_; }
  std::uint64_t definitions() const { return definitions_; }  ///< statements of the third client
  /// Which acknowledged rows the primary lacks; empty: none. For a time when they are paused.
  std::string missing() const;

 private:
  static constexpr std::size_t clients = 2;
  using Range = std::pair<std::uint64_t, std::uint64_t>;  ///< the first and the last id

  template <typename Act>
  void run(std::size_t thread, std::chrono::milliseconds between, Act act);
  void insert(MysqlClient& client, std::size_t number);
  void define(MysqlClient& client);
  void acknowledge(std::size_t number, std::uint64_t first, std::uint64_t last);

  const TestSet& set_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> paused_{false};
  std::array<std::atomic<bool>, clients + 1> idle_{};
  std::atomic<std::uint64_t> acknowledged_{0};
  std::atomic<std::uint64_t> definitions_{0};
  std::array<std::uint64_t, clients> next_id_{};
  std::uint64_t next_definition_ = 0;
  mutable std::mutex mutex_;
  std::array<std::vector<Range>, clients> ranges_;
  std::vector<std::thread> threads_;
};

}  // namespace mysql_agent::test
