#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace mysql_agent {

/// A whole number in decimal. Throws usage_error.
std::uint64_t parse_number_between(const std::string& text, std::uint64_t low, std::uint64_t high);

/// `500ms`, `30s`, `10m`, `2h`: a whole number and a unit. Throws usage_error for anything else.
std::chrono::milliseconds parse_duration(std::string_view text);

/// `512`, `64KiB`, `64MiB`, `2GiB`, `1TiB` (powers of 1024), `10kB`, `10MB`, `1GB`, `1TB` (of 1000), in bytes.
/// Throws usage_error for anything else and for what does not fit 64 bits.
std::uint64_t parse_size(std::string_view text);

/// For people: `3.1 GB`, `512 B`. Powers of 1000, as disks and networks are counted.
std::string size_text(std::uint64_t bytes);

/// How long ago that was.
inline std::chrono::milliseconds since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

/// Now, in UTC, by a pattern of strftime.
std::string utc_now(const char* pattern);

/// For people: `850ms`, `42s`, `3m05s`, `2h07m`.
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace mysql_agent
