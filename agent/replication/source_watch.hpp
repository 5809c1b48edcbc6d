#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/pod/verdict.hpp"
#include "agent/replication/missing_watch.hpp"
#include "agent/replication/source_choice.hpp"
#include "common/base/pod.hpp"
#include "common/net/tls.hpp"

namespace mysql_agent {

/// What the other pods say about whom a replica is to follow.
struct SourceView {
  SourceChoice choice;
  SetIdentity identity = SetIdentity::unknown;
  bool asked_now = false;       ///< the pods were asked by this look, and so after the server's facts were read
  std::uint32_t server_id = 0;  ///< of the primary, by its own words; 0: unknown
  std::string set_id;           ///< of the primary, by its own words; empty: unknown
  std::optional<Wait> wait{};   ///< why the replica, which knows its set, may not connect to its source now
  std::string position{};       ///< of a primary that takes writes, by its own words; empty: unknown, or none
  bool told = false;            ///< `position` is known; a primary that has written nothing has an empty position
  std::optional<std::vector<std::string>> disabled_events{};  ///< of the primary, by its last words
  std::vector<Recovery> recoveries;  ///< of the primary, by its own words; empty: none, or unknown
  std::string lost;  ///< GTIDs that the replica has, executed or received, and the primary lost when it was recovered;
                     ///< empty: none
  bool proven = false;                      ///< the primary was once seen to have all that the replica had
  std::string diverged;                     ///< GTIDs that the replica has and the primary never had; empty: none
  std::uint64_t diverged_transactions = 0;  ///< how many `diverged` are
};

/// Asks the primary's sidecar for its position, and the siblings' sidecars where the primary's log is too short.
/// Blocking. The object keeps what it must remember between looks.
class SourceWatch {
 public:
  SourceWatch(PodSet set, std::uint16_t clone_port, std::uint32_t peers_above, Tls tls);

  /// `view` has a state and a server. Asks every few seconds. While the I/O thread does not run or has just come up,
  /// asks at each look, three times a second at most, and lets the primary look first: the thread may connect to
  /// another server than before.
  const SourceView& look(const PodView& view);
  const SourceView& view() const { return view_; }
  /// As MissingWatch::missing_for, of the same view.
  std::optional<std::chrono::milliseconds> missing_for(const PodView& view);
  bool measured() const { return missing_.measured(); }
  /// Forgets all comparisons, because the replica's position was changed. The next look asks again.
  void forget();

 private:
  std::string current_source(const PodView& view) const;
  void look_at_recoveries(const PodView& view, const std::vector<Recovery>& of_primary);
  std::vector<SourceCandidate> ask_siblings(const std::string& set_id) const;

  PodSet set_;
  std::uint16_t clone_port_;
  std::uint32_t peers_above_;
  Tls tls_;
  SourceView view_;
  DivergenceWatch divergence_;
  MissingWatch missing_;
  std::vector<std::string> before_opening_;  ///< the replica's positions before each opening that it does not know
  bool io_ran_ = false;
  std::chrono::steady_clock::time_point asked_{};
};

}  // namespace mysql_agent
