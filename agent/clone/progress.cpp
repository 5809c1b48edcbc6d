#include "agent/clone/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "common/base/component.hpp"
#include "common/base/log.hpp"
#include "common/base/units.hpp"

namespace mysql_agent {
namespace {

constexpr std::chrono::seconds log_every{10};
constexpr std::chrono::milliseconds draw_every{250};

double share(std::uint64_t bytes, std::uint64_t total) {
  // The total is an estimate: the stream may be longer.
  return total == 0 ? 0 : std::min(1.0, static_cast<double>(bytes) / static_cast<double>(total));
}

std::string bar_text(std::uint64_t bytes, std::uint64_t total, std::chrono::milliseconds elapsed) {
  constexpr int width = 30;
  const int full = static_cast<int>(share(bytes, total) * width);
  const std::string bar =
      std::string(static_cast<std::size_t>(full), '#') + std::string(static_cast<std::size_t>(width - full), '.');
  return "[" + bar + "] " + progress_text(bytes, total, elapsed);
}

}  // namespace

std::string progress_text(std::uint64_t bytes, std::uint64_t total, std::chrono::milliseconds elapsed) {
  std::string out = size_text(bytes);
  if (total > 0)
    out += " of about " + size_text(total) + " (" + std::to_string(static_cast<int>(share(bytes, total) * 100)) + "%)";
  if (elapsed.count() <= 0) return out;
  const double per_ms = static_cast<double>(bytes) / static_cast<double>(elapsed.count());
  out += ", " + size_text(static_cast<std::uint64_t>(per_ms * 1000)) + "/s";
  if (total > bytes && per_ms > 0)
    out += ", " +
           duration_text(
               std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(total - bytes) / per_ms))) +
           " left";
  return out;
}

void log_progress(std::uint64_t bytes, std::uint64_t total, std::chrono::milliseconds elapsed) {
  const std::string text = "received " + progress_text(bytes, total, elapsed);
  if (total == 0) log_event(LogLevel::info, component::clone, text, {{"bytes", bytes}});
  else
    log_event(LogLevel::info, component::clone, text,
              {{"bytes", bytes}, {"total", total}, {"percent", static_cast<int>(share(bytes, total) * 100)}});
}

ProgressReporter::ProgressReporter(const ReceiveProgress& progress, std::uint64_t total)
    : progress_(progress), total_(total), thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

ProgressReporter::~ProgressReporter() {
  thread_.request_stop();
  thread_.join();
}

void ProgressReporter::run(std::stop_token stop) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const auto start = std::chrono::steady_clock::now();
  auto next_log = log_every;
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  while (!stopped.wait_for(lock, stop, draw_every, [&] { return stop.stop_requested(); })) {
    const auto elapsed = since(start);
    if (terminal) show_below_log(bar_text(progress_.bytes, total_, elapsed));
    if (!terminal && elapsed >= next_log) {
      log_progress(progress_.bytes, total_, elapsed);
      next_log += log_every;
    }
  }
  if (!terminal) return;
  // The total was an estimate.
  if (complete_) show_below_log(bar_text(progress_.bytes, progress_.bytes, since(start)));
  end_below_log(complete_);
}

}  // namespace mysql_agent
