#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/test_set.hpp"

namespace mysql_agent::test {

/// A client without any privilege of an administrator. It writes to test.acknowledged on pod 0, from the first moment
/// that it can, until it ends: an id for each row. A server that is away or read-only is tried again.
class Client {
 public:
  /// Makes the client's account and table, on a primary that takes writes.
  static void prepare(const TestSet& set);
  explicit Client(const TestSet& set);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  int acknowledged() const { return acknowledged_; }  ///< rows whose commit the server has confirmed
  /// Ends, and returns the ids of these rows.
  std::vector<std::string> stop();
  /// The rows that a pod lacks.
  static std::vector<std::string> missing(const TestSet& set, int ordinal, const std::vector<std::string>& ids);

 private:
  const TestSet& set_;
  std::atomic<bool> stop_{false};
  std::atomic<int> acknowledged_{0};
  std::vector<std::string> ids_;
  std::thread thread_;
};

}  // namespace mysql_agent::test
