#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/test_set.hpp"

namespace mysql_agent::test {

/// Looks again and again beside the test, and keeps what it saw: no moment between two looks of the test is missed.
class Watch {
 public:
  /// `look` returns a text where it saw what must not be, and an empty one else. It runs in a thread of its own.
  Watch(std::chrono::milliseconds interval, std::function<std::string()> look);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// How often it has looked.
  int looks() const { return looks_; }
  /// A line for each sight, with its time in milliseconds since the beginning; at most the first 20.
  std::string seen() const;
  /// Waits until `count` more looks were taken.
  void wait_looks(int count) const;

 private:
  std::function<std::string()> look_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::atomic<bool> stop_{false};
  std::atomic<int> looks_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> seen_;
  std::thread thread_;
};

/// Sees each answer of /readyz that says 200.
std::unique_ptr<Watch> watch_ready(const TestSet& set, int ordinal,
                                   std::chrono::milliseconds interval = std::chrono::milliseconds(20));
/// Sees each answer of /v1/donor that says `fit`.
std::unique_ptr<Watch> watch_fit(const TestSet& set, int ordinal,
                                 std::chrono::milliseconds interval = std::chrono::milliseconds(20));

/// The answer of a pod's /v1/donor; an empty object where there is none. Its text is JSON.
std::string donor_text(const TestSet& set, int ordinal);
/// Whether the answer has this field, and the field is true.
bool donor_says(const TestSet& set, int ordinal, const std::string& field);
/// The field as text: a string's content, else its JSON; empty where it is missing.
std::string donor_field(const TestSet& set, int ordinal, const std::string& field);

}  // namespace mysql_agent::test
