#pragma once

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

struct ReclonePlan {
  RecloneAction action = RecloneAction::nothing;
  std::string reason;
  std::string hint;  ///< of `refuse`
};

/// What there is, as far as a request for a fresh clone goes.
struct RecloneFacts {
  Role role = Role::replica;
  std::optional<DataState> state;
  bool waits = false;  ///< a request is there and may be withdrawn
  bool taken = false;  ///< one is being carried out
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

/// `mysql-agent reclone`: asks for a fresh clone of this pod's data at the next start of clone-mysql, or withdraws
/// that. It touches nothing of the data, and may run beside a server. Throws refused, usage_error where the data
/// directory is missing.
void reclone(const RecloneOptions& options);

}  // namespace mysql_agent
