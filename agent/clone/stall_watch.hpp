#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

namespace mysql_agent {

struct StallWatchOptions {
  std::function<bool()> goes_on;  ///< whether the work went on since the call before; must not throw
  std::function<void()> kill;     ///< ends the work; must not throw
  std::chrono::milliseconds look_every{};
  std::chrono::milliseconds stall_timeout{};  ///< without progress for so long, the work is dead
};

/// Watches work that another thread waits for, and kills the work, once, when it stalls. Both functions are called on a
/// thread of the watch's own.
class StallWatch {
 public:
  explicit StallWatch(StallWatchOptions options);

  /// Waits for a call that runs. Neither function is called afterwards. The destructor does the same.
  void stop();
  /// Whether the work was killed. To be asked after stop().
  bool stalled() const { return stalled_; }

 private:
  void run(std::stop_token stop);

  const StallWatchOptions options_;
  bool stalled_ = false;
  std::jthread thread_;  // the last member: the thread uses the others, and is joined before they go
};

}  // namespace mysql_agent
