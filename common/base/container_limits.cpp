#include "common/base/container_limits.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <thread>

#include "common/base/file.hpp"

namespace mysql_agent {
namespace {

std::optional<std::uint64_t> first_number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // Without a limit cgroup v2 says `max`, and v1 says -1.
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> number_in(const std::filesystem::path& path) {
  const auto text = read_file_if_exists(path, 4096);
  return text ? first_number(*text) : std::nullopt;
}

// cgroup v2 has `quota period` in one file, v1 has a file for each. Both are in microseconds.
std::optional<std::uint64_t> quota_cores() {
  std::optional<std::uint64_t> quota = number_in("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::optional<std::uint64_t> period = number_in("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  if (const auto both = read_file_if_exists("/sys/fs/cgroup/cpu.max", 4096)) {
    quota = first_number(*both);
    period = first_number(both->substr(std::min(both->size(), both->find(' ') + 1)));
  }
  if (!quota || !period || *period == 0) return std::nullopt;
  return (*quota + *period - 1) / *period;
}

}  // namespace

std::uint64_t allowed_memory() {
  const std::string text = read_file("/proc/meminfo", 1 << 16);
  const std::size_t at = text.find("MemAvailable:");
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  if (at != std::string::npos) limit = std::strtoull(text.c_str() + at + 13, nullptr, 10) * 1024;
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"})
    if (const auto value = number_in(path)) limit = std::min(limit, *value);
  return limit;
}

unsigned allowed_cores() {
  // hardware_concurrency counts the cores in the process's affinity mask, not the cores of the machine (glibc).
  std::uint64_t cores = std::max(1U, std::thread::hardware_concurrency());
  if (const auto quota = quota_cores()) cores = std::clamp<std::uint64_t>(*quota, 1, cores);
  return static_cast<unsigned>(cores);
}

}  // namespace mysql_agent
