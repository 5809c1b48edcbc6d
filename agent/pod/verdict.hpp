#pragma once

#include <chrono>
#include <string>

#include "agent/pod/pod_view.hpp"

namespace mysql_agent {

/// Whether the pod does its work, and if not, the first thing that stands in the way.
struct Verdict {
  bool ready = false;
  std::string reason;       ///< `ok`, or what is wrong; `ok; ...` for a replica that may go on without its source
  std::string replication;  ///< `none` (primary), `running`, `connecting`, `stopped`, `error`, `unknown`
};

/// What a replica that is ready may lack.
struct ReadyLimits {
  std::chrono::seconds max_lag{30};
  /// How long one that has followed its primary may go on while the primary is away, so that reads outlive its restart;
  /// 0: not at all.
  std::chrono::seconds max_source_absence{0};
};

/// One ladder, top to bottom, each rung with its own reason: server answers > data state understood > data state known
/// > clone finished > (replica:) not held > source set > SQL thread > I/O thread, or the source is away and may be >
/// lag known > lag small; (primary:) its state is `primary`.
Verdict judge(const PodView& view, const ReadyLimits& limits);

/// The reason without what changes from look to look: numbers, and what joins them in GTIDs. Two that are the same
/// without are one change of state, which a log says once.
std::string reason_without_numbers(const std::string& reason);

}  // namespace mysql_agent
