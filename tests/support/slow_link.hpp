#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/file.hpp"

namespace mysql_agent::test {

/// A way to a port on the same address that lets only so many bytes a second pass in the direction of the client.
class SlowLink {
 public:
  SlowLink(const std::string& address, std::uint16_t port, std::uint16_t target_port);
  ~SlowLink();
  SlowLink(const SlowLink&) = delete;
  SlowLink& operator=(const SlowLink&) = delete;

  /// Bytes a second, at least 50; 0: as fast as it can.
  void limit(int rate) { rate_ = rate; }

 private:
  void serve(Fd client);
  void pass(int from, int to, bool slowly);

  std::string address_;
  std::uint16_t target_port_;
  Fd listener_;
  std::atomic<int> rate_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace mysql_agent::test
