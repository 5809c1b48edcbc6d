#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "agent/pod/verdict.hpp"
#include "common/backup/clone_engine.hpp"
#include "common/backup/clone_protocol.hpp"

namespace mysql_agent {

/// How this pod can be cloned, or why it cannot.
struct EngineOffer {
  std::optional<Engine> engine;
  std::string why_not;
  bool plugin_too = false;  ///< beside a stream: the clone plugin and its account are there as well
};
EngineOffer offer_engine(const PodView& view, EngineChoice choice, const std::optional<BackupTool>& tool);

/// What the binary log of this pod's server does not have, as GTIDs. MariaDB's log does not tell what came with the
/// clone that the data is of; the state does.
std::string log_start_of(const PodView& view);

/// What this pod says of itself to one that looks for a donor; the slots are the caller's. It is fit where it is ready
/// (of a replica: replicates without error and within `max_lag`), and offers an engine.
DonorInfo judge_donor(const PodView& view, EngineChoice choice, const std::optional<BackupTool>& tool,
                      std::chrono::seconds max_lag);

/// Why a copy is worthless that a tool made between two looks at its server, or an empty text. `before` is the look
/// before the copy began, `after` one that began when the copy had ended. A recovery's donor has no source that could
/// tell, and may have been diverged before: a person chose it.
std::string why_worthless(const PodView& before, const PodView& after, bool recovery);

}  // namespace mysql_agent
