#pragma once

#include "agent/clone/options.hpp"

namespace mysql_agent {

/// The init container `clone-mysql`: leaves a data directory on which a server may start, or throws. plan_clone
/// decides. Each step is durable before the next step begins: clone-mysql can be killed at any moment and run again.
/// While it runs it answers on the probes' port and on the clone port, where these ports are free.
void clone_mysql(const CloneOptions& options);

}  // namespace mysql_agent
