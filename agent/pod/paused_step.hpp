#pragma once

#include <string>

#include "common/volume/pause_request.hpp"

namespace mysql_agent {

/// What the sidecar of a paused pod would do now, and leaves.
enum class PausedStep {
  set_up,          ///< set up a replica's replication
  start,           ///< start a replica's replication
  leave_set,       ///< stop a replica whose primary is of another set
  become_primary,  ///< make the data the primary's
  open,            ///< let the primary take writes, or take back first what it lacks
  note_opening,    ///< prove the data of a primary that a person let take writes
  heal,            ///< heal a replica of its own transactions, which changed nothing
  switches,        ///< set the variables again that a replica relies on
};

/// The end of a sentence about what stands in the way: since when the pod is paused, what its sidecar leaves, and the
/// way out. `step` may be null.
std::string paused_text(const PauseRequest& pause, const PausedStep* step);

}  // namespace mysql_agent
