#pragma once

#include <optional>
#include <string>

#include "common/base/pod.hpp"
#include "common/volume/data_dir.hpp"

namespace mysql_agent {

enum class RecloneAction {
  write,    ///< the request
  remove,   ///< the request
  nothing,  ///< all is as it was asked
  refuse,   ///< exit 3
};

/// Why. The numbers are the rows of plan_reclone_request.
enum class RecloneReason {
  pod_is_primary,      ///< row 1
  request_taken,       ///< row 2
  no_state,            ///< row 3
  clone_unfinished,    ///< row 3
  data_settled,        ///< row 4
  withdrawn_too_late,  ///< row 5
  request_waits,       ///< row 6
  no_request,          ///< row 7
};

struct ReclonePlan {
  RecloneAction action = RecloneAction::nothing;
  RecloneReason reason = RecloneReason::no_request;
  std::optional<DataState> state = std::nullopt;  ///< of `clone_unfinished`
};

/// The plan's reason as a sentence.
std::string text(const ReclonePlan& plan);
/// What a person does about a plan that refuses. Else empty.
std::string hint(const ReclonePlan& plan);

/// What the volume holds of a request for a fresh clone.
struct RecloneFacts {
  Role role = Role::replica;
  std::optional<DataState> state;
  bool waits = false;  ///< a request is there and may be withdrawn
  bool taken = false;  ///< a request is being carried out
};

/// Decides what `mysql-agent reclone` does.
///
/// | # | said     | pod     | state                                    | request | action  |
/// |---|----------|---------|------------------------------------------|---------|---------|
/// | 1 | reclone  | primary |                                          |         | refuse  |
/// | 2 | reclone  | replica |                                          | taken   | nothing |
/// | 3 | reclone  | replica | none, or an unfinished clone             | others  | refuse  |
/// | 4 | reclone  | replica | settled                                  | others  | write   |
/// | 5 | --cancel | any     |                                          | taken   | refuse  |
/// | 6 | --cancel | any     |                                          | waits   | remove  |
/// | 7 | --cancel | any     |                                          | none    | nothing |
ReclonePlan plan_reclone_request(const RecloneFacts& facts, bool cancel);

struct RecloneOptions {
  PodSet set;
  DataDir dir;
  bool discard = false;
  bool cancel = false;
};

/// `mysql-agent reclone`: asks for a fresh clone of this pod's data at the next start of clone-mysql, or withdraws that
/// request. It touches no data, and may run beside a server. Throws refused; throws usage_error where the data
/// directory is missing.
void reclone(const RecloneOptions& options);

}  // namespace mysql_agent
