#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/server/gtid.hpp"

namespace mysql_agent {

/// Finds for how long a replica has lacked something. A server whose I/O thread is slow does not know what it has not
/// received, and says that it is 0 s behind. So the positions that the primary tells are kept, with their times, until
/// this replica has executed them.
class MissingWatch {
 public:
  using Clock = std::chrono::steady_clock;
  /// The older the positions are, the farther apart are those that are kept: an age is told to within a tenth.
  static constexpr int exact_to = 10;
  static constexpr std::chrono::seconds between{1};  ///< how far apart the kept positions are, at least

  /// How often a primary's sidecar looks at its server, about.
  static constexpr std::chrono::seconds told_every{2};

  /// Notes that the primary had `position` at `at`. What is new in it may be as old as the look before, so that is the
  /// age that counts. An earlier position that `position` does not cover is dropped: the
  /// primary has lost it, and no replica gets it. An unreadable text is ignored.
  void note(Clock::time_point at, Flavour flavour, const std::string& position);
  void forget() { kept_.clear(); }
  /// Whether the replica has ever had all that the primary told. Before that the age of what the replica lacks is
  /// unknown, for the primary may have had it before the watch began.
  bool measured() const { return measured_; }

  /// The age at `now` of the oldest kept position that a replica at `executed` lacks; nullopt: the replica lacks none.
  /// `executed` was read at `now` or later.
  std::optional<std::chrono::milliseconds> missing_for(Clock::time_point now, Flavour flavour,
                                                       const std::string& executed);
  std::size_t kept() const { return kept_.size(); }

 private:
  void thin_out(Clock::time_point now);

  struct Told {
    Clock::time_point at;
    GtidPosition position;
  };
  std::vector<Told> kept_;                      ///< the oldest first
  Clock::time_point kept_at_{};                 ///< when the newest of them was told
  std::optional<Clock::time_point> told_at_{};  ///< the latest time that was noted
  bool measured_ = false;
};

}  // namespace mysql_agent
