#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <thread>

namespace mysql_agent {

/// What a running transfer has counted. Another thread may read it.
struct ReceiveProgress {
  std::atomic<std::uint64_t> bytes{0};
};

/// `1.2 GB of about 3.1 GB (38%), 410.5 MB/s, 5s left`. `total` is the donor's estimate; 0: the donor has none.
std::string progress_text(std::uint64_t bytes, std::uint64_t total, std::chrono::milliseconds elapsed);

/// Tells how far a transfer is, until it is destroyed: every 10 s in the log, or by a bar where stderr is a terminal.
class ProgressReporter {
 public:
  ProgressReporter(const ReceiveProgress& progress, std::uint64_t total);

 private:
  void run(std::stop_token stop);

  const ReceiveProgress& progress_;
  const std::uint64_t total_;
  std::jthread thread_;  // the last member: the thread reads the others, and is joined before they go
};

}  // namespace mysql_agent
