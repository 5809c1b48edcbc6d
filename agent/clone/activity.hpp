#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "agent/clone/progress.hpp"
#include "agent/pod/clone_counters.hpp"
#include "agent/pod/pod_view.hpp"
#include "common/base/error.hpp"

namespace mysql_agent {

/// Why a clone of this pod's own failed: one of own_clone_failure.
std::string_view own_clone_failure_of(const Error& error);

/// What clone-mysql did and does, at one moment.
struct CloneSnapshot {
  PodView view;  ///< without a server; `server_error` is what clone-mysql does, `state` has the running transfer's
                 ///< bytes and duration
  OwnCloneFacts own_clone;
  bool empty = false;  ///< as in DonorInfo, and so is the next one
  bool knows_of_data = false;
};

/// What clone-mysql does now: its own thread writes it, and another one may read it meanwhile.
class CloneActivity {
 public:
  using Clock = std::chrono::steady_clock;

  explicit CloneActivity(const PodSet& set);

  /// From now on it does `what`, a verb and more: `publishes the data`.
  void begin(const std::string& what);
  void wait(const std::string& reason);
  /// From now on it receives a clone of about `expected` bytes, 0 where nobody knows. What it counts lives as long as
  /// this.
  ReceiveProgress& receive(const std::string& donor, std::uint64_t expected);
  void enter(const std::optional<AgentState>& state);
  /// As `enter`, and the volume has neither data nor a part of a copy until the next one.
  void enter_empty(const std::optional<AgentState>& state, bool knows_of_data);
  /// A clone failed.
  void fail(const Error& error);

  CloneSnapshot snapshot(Clock::time_point now = Clock::now()) const;

 private:
  enum class Phase { does, waits, receives };
  void begin(Phase phase, const std::string& what);
  std::string text(std::chrono::milliseconds elapsed) const;

  const PodView pod_;
  ReceiveProgress progress_;
  mutable std::mutex mutex_;  // for all below
  Phase phase_ = Phase::does;
  std::string what_;
  Clock::time_point began_ = Clock::now();
  std::uint64_t expected_ = 0;
  std::optional<AgentState> state_;
  bool empty_ = false;
  bool knows_of_data_ = false;
  std::map<std::string_view, std::uint64_t> failed_;
  std::uint64_t failures_ = 0;
  std::string last_failure_;
};

}  // namespace mysql_agent
