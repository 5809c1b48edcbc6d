#pragma once

#include "agent/clone/options.hpp"

namespace mysql_agent {

/// The init container `clone-mysql`: leaves a data directory on which a server may start, or throws. plan_clone has
/// the decisions. Each step is durable before the next begins, so it can be killed at any moment and run again.
/// While it runs it answers on the probes' port and on the clone port, where they are free.
void clone_mysql(const CloneOptions& options);

}  // namespace mysql_agent
