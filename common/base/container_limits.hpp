#pragma once

#include <cstdint>

namespace mysql_agent {

/// Bytes of memory that this container may use. That is its cgroup's limit (v2 or v1), or the machine's free memory if
/// that is less. Throws failed if /proc/meminfo cannot be read.
std::uint64_t allowed_memory();

/// Cores that this container may use, at least 1. That is its cgroup's CPU quota (v2 or v1), rounded up, or the number
/// of cores in the process's affinity mask if that is less.
unsigned allowed_cores();

}  // namespace mysql_agent
