#pragma once

/// The absolute path that a seed names, and where the fuzzer looks whether a stream got there.
inline constexpr const char* absolute_path = "/tmp/mysql-agent-fuzz-absolute-path";
