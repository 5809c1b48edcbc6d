#include "agent/clone/stall_watch.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace mysql_agent {

StallWatch::StallWatch(StallWatchOptions options)
    : options_(std::move(options)), thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

void StallWatch::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void StallWatch::run(std::stop_token stop) {
  auto moved = std::chrono::steady_clock::now();
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  while (!stopped.wait_for(lock, stop, options_.look_every, [&] { return stop.stop_requested(); })) {
    if (options_.goes_on()) moved = std::chrono::steady_clock::now();
    if (std::chrono::steady_clock::now() - moved < options_.stall_timeout) continue;
    stalled_ = true;
    options_.kill();
    return;
  }
}

}  // namespace mysql_agent
