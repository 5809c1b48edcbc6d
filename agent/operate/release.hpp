#pragma once

#include <optional>
#include <string>

#include "agent/pod/hold.hpp"
#include "common/base/pod.hpp"
#include "common/volume/data_dir.hpp"

namespace mysql_agent {

enum class ReleaseAction {
  write,   ///< the person's word
  refuse,  ///< exit 3
};

/// Why. The numbers are the rows of plan_release.
enum class ReleaseReason {
  no_state,           ///< row 1
  clone_unfinished,   ///< row 1
  no_hold,            ///< row 2
  other_hold,         ///< row 3
  own_transactions,   ///< row 4
  best_that_is_left,  ///< row 5
  opens_without,      ///< row 6
};

struct ReleasePlan {
  ReleaseAction action = ReleaseAction::refuse;
  ReleaseReason reason = ReleaseReason::no_state;
  std::string gtids{};         ///< of write
  std::optional<Hold> hold{};  ///< of other_hold
};

/// Decides what `mysql-agent release` does. What a replica wrote itself can be right as it is. Where it has what the
/// primary lost or never had, the primary's next transactions would not fit its rows. A replica that lacks what no log
/// has any more may be the best that is left of a lost primary; while the primary lives, it is on hold again at once.
///
/// | # | state                        | hold that is written down     | action |
/// |---|------------------------------|-------------------------------|--------|
/// | 1 | none, or an unfinished clone |                               | refuse |
/// | 2 | settled                      | none                          | refuse |
/// | 3 | settled                      | for another cause             | refuse |
/// | 4 | settled                      | for transactions of its own   | write  |
/// | 5 | settled                      | for what no log has any more  | write  |
/// | 6 | a primary's                  | it lacks what another pod had | write  |
ReleasePlan plan_release(const std::optional<AgentState>& state);

/// The plan's reason as a sentence.
std::string text(const ReleasePlan& plan);
/// What a person does about a plan that refuses. Else empty.
std::string hint(const ReleasePlan& plan);

/// `mysql-agent release`: a person's word that the transactions which a replica is on hold for left its data as the
/// primary's is. The sidecar then takes them out of the server's position and log. Or the word that a lost primary may
/// be recovered from a replica that lacks what no log has any more. Throws refused; throws usage_error where the data
/// directory is missing.
void release(const PodSet& set, const DataDir& dir);

}  // namespace mysql_agent
