#pragma once

#include <cstdint>

namespace mysql_agent {

/// Bytes that this container may use: its cgroup's limit (v2 or v1), or the machine's free memory where that is less.
std::uint64_t allowed_memory();

/// Cores that this container may use: its cgroup's CPU quota (v2 or v1), rounded up, or the cores that it may run on
/// where those are fewer. At least 1.
unsigned allowed_cores();

}  // namespace mysql_agent
