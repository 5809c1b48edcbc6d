#pragma once

#include <chrono>
#include <optional>

#include "agent/verdict.hpp"
#include "common/backup_tool.hpp"
#include "common/clone_protocol.hpp"

namespace mysql_agent {

/// What a pod says of itself to one that looks for a donor, but for its slots.
/// Fit: its server answers, its data is settled, it has a backup tool for that server, and, on a replica, replication runs
/// within the lag. `has_data` leaves replication out: a lost primary asks when its replicas have no source.
DonorInfo judge_donor(const PodView& view, const std::optional<BackupTool>& tool, std::chrono::seconds max_lag);

}  // namespace mysql_agent
