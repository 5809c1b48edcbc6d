#pragma once

#include <string>

#include "agent/clone/reason.hpp"

namespace mysql_agent {

/// The reason as a sentence, for the log, for errors and for the doctor.
std::string text(const CloneReason& reason);

/// What a person does about it: of a plan that refuses, and of one that waits, when the time is over. Else empty.
std::string hint(const CloneReason& reason);

}  // namespace mysql_agent
