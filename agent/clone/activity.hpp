#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/clone/progress.hpp"
#include "agent/pod/clone_counters.hpp"
#include "agent/pod/pod_view.hpp"
#include "common/backup/clone_protocol.hpp"
#include "common/base/error.hpp"

namespace mysql_agent {

/// The kind of failure of a clone that this pod took: a value of own_clone_failure.
std::string_view own_clone_failure_of(const Error& error);

/// What clone-mysql has done and does, at one moment.
struct CloneSnapshot {
  /// A view without a server: `server_error` tells what clone-mysql does. `state` has the bytes and the duration of the
  /// running transfer.
  PodView view;
  OwnCloneFacts own_clone;
  bool empty = false;                 ///< as in DonorInfo
  std::vector<KnownData> known_data;  ///< as in DonorInfo
};

/// What clone-mysql does now. The thread of clone-mysql writes it, and the thread of the endpoints reads it.
class CloneActivity {
 public:
  using Clock = std::chrono::steady_clock;

  explicit CloneActivity(const PodSet& set);

  /// From now on clone-mysql does `what`, a phrase like `publishes the data`.
  void begin(const std::string& what);
  /// From now on clone-mysql waits, for `reason`.
  void wait(const std::string& reason);
  /// From now on clone-mysql receives a clone of about `expected` bytes; 0: nobody knows. The progress that is returned
  /// lives as long as this object.
  ReceiveProgress& receive(const std::string& donor, std::uint64_t expected);
  /// The state on the volume is `state`.
  void enter(const std::optional<AgentState>& state);
  /// As `enter`. Besides, the volume has neither data nor a part of a copy until the next call of `enter`.
  void enter_empty(const std::optional<AgentState>& state, std::vector<KnownData> known_data);
  /// Counts a clone that failed.
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
  std::vector<KnownData> known_data_;
  std::map<std::string_view, std::uint64_t> failed_;
  std::uint64_t failures_ = 0;
  std::string last_failure_;
};

}  // namespace mysql_agent
