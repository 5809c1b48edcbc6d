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

/// Tells the log how far a transfer is, with `bytes`, `total` and `percent` as fields; the last two where there is a
/// total.
void log_progress(std::uint64_t bytes, std::uint64_t total, std::chrono::milliseconds elapsed);

/// Tells how far a transfer is, until it is destroyed: every 10 s in the log, or by a bar where stderr is a terminal.
class ProgressReporter {
 public:
  ProgressReporter(const ReceiveProgress& progress, std::uint64_t total);
  ~ProgressReporter();
  ProgressReporter(const ProgressReporter&) = delete;
  ProgressReporter& operator=(const ProgressReporter&) = delete;
  /// All has come: the bar is full, and stays.
  void complete() { complete_ = true; }

 private:
  void run(std::stop_token stop);

  const ReceiveProgress& progress_;
  const std::uint64_t total_;
  std::atomic<bool> complete_{false};
  std::jthread thread_;  // the last member: the thread reads the others, and is joined before they go
};

}  // namespace mysql_agent
