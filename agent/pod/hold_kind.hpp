#pragma once

#include <array>

namespace mysql_agent {

/// Why replication is held, in a word; the reason beside it says it in full. The values are those of a metric's label.
enum class HoldKind {
  state,      ///< an unfinished clone, no state, or one of the other role
  position,   ///< nobody knows where replication would go on
  diverged,   ///< the replica has transactions that its source has not
  purged,     ///< what the replica lacks is in no log any more that it can follow
  other_set,  ///< the primary was begun anew
  error,      ///< the server refused a statement, or a file of the agent's own is not to be understood
};

inline constexpr std::array all_hold_kinds{HoldKind::state,  HoldKind::position,  HoldKind::diverged,
                                           HoldKind::purged, HoldKind::other_set, HoldKind::error};

/// What a person does about a replica whose data does not serve any more.
inline constexpr const char* clone_it_again = "mysql-agent reclone here, and start the pod again";

constexpr const char* hold_kind_name(HoldKind kind) {
  switch (kind) {
    case HoldKind::state: return "state";
    case HoldKind::position: return "position";
    case HoldKind::diverged: return "diverged";
    case HoldKind::purged: return "purged";
    case HoldKind::other_set: return "other_set";
    case HoldKind::error: return "error";
  }
  return "";
}

}  // namespace mysql_agent
