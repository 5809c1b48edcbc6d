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
  bool plugin_too = false;  ///< the pod offers a stream, and the clone plugin and its account are there too
};
EngineOffer offer_engine(const PodView& view, EngineChoice choice, const std::optional<BackupTool>& tool);

/// The GTIDs that the binary log of this pod's server does not have. MariaDB's log does not tell which transactions
/// came with the clone; the state does.
std::string log_start_of(const PodView& view);

/// What this pod says of itself to a pod that looks for a donor. The caller fills in the slots. A pod is fit if it is
/// ready and offers an engine. A replica is ready if it replicates without an error and within `max_lag`.
DonorInfo judge_donor(const PodView& view, EngineChoice choice, const std::optional<BackupTool>& tool,
                      std::chrono::seconds max_lag);

/// Why the copy that a tool made between two looks is worthless, or an empty text. The look `before` ended before the
/// copy began. The look `after` began when the copy had ended. A recovery's donor is not asked whether it has diverged:
/// it has no source to compare with, and a person chose it.
std::string why_worthless(const PodView& before, const PodView& after, bool recovery);

}  // namespace mysql_agent
