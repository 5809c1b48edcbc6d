#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace mysql_agent {

/// Reads a whole number in decimal, from `low` to `high`. Throws usage_error, without a hint.
std::uint64_t parse_number_between(const std::string& text, std::uint64_t low, std::uint64_t high);

/// Reads a duration: a whole number and a unit, as `500ms`, `30s`, `10m`, `2h`. Throws usage_error for any other text,
/// and for more than a century.
std::chrono::milliseconds parse_duration(std::string_view text);

/// Reads a size and returns it in bytes: `512`, `512B`; `64KiB`, `64MiB`, `2GiB`, `1TiB` (powers of 1024); `10kB`,
/// `10MB`, `1GB`, `1TB` (powers of 1000). Throws usage_error for any other text, and for 2^63 bytes or more.
std::uint64_t parse_size(std::string_view text);

/// A number of bytes for people, as `3.1 GB` or `512 B`. The units are powers of 1000, as for disks and networks.
std::string size_text(std::uint64_t bytes);

/// The time that has passed since `begin`.
inline std::chrono::milliseconds since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

/// The current time in UTC. `pattern` is one of strftime.
std::string utc_now(const char* pattern);
/// A time in UTC, in seconds since the epoch. `pattern` as above.
std::string utc_text(std::int64_t seconds, const char* pattern);

/// A duration for people, as `850ms`, `42s`, `3m05s` or `2h07m`.
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace mysql_agent
