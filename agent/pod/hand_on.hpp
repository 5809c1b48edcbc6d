#pragma once

#include "common/backup/clone_protocol.hpp"

namespace mysql_agent {

/// Whether what this pod has and hands on is the set's: it wrote nothing itself, its filters leave nothing out, and its
/// replication is not on hold, but perhaps for what it lacks. A kind of hold that this version does not know is a hold.
bool may_hand_on(const DonorInfo& info);

}  // namespace mysql_agent
