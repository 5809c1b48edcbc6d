#pragma once

/// An absolute path that a seed names. The fuzzer looks whether a stream could write there.
inline constexpr const char* absolute_path = "/tmp/mysql-agent-fuzz-absolute-path";
