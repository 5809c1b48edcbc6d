#include "common/base/units.hpp"

#include <fmt/chrono.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <limits>
#include <utility>

#include "common/base/error.hpp"

namespace mysql_agent {
namespace {

template <std::size_t N>
std::uint64_t parse_scaled(std::string_view text,
                           const std::array<std::pair<std::string_view, std::uint64_t>, N>& units,
                           const char* examples) {
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  if (error == std::errc()) {
    for (const auto& [name, factor] : units) {
      // Half of the range is left, because callers add to these numbers.
      if (unit == name && number <= std::numeric_limits<std::int64_t>::max() / factor) return number * factor;
    }
  }
  if (error == std::errc() && unit.empty() && !units[0].first.empty())
    throw usage_error(
        "'" + std::string(text) + "' needs a unit, like " + std::string(text) + std::string(units[1].first),
        std::string("write it like ") + examples);
  throw usage_error("'" + std::string(text) + "' is not understood", std::string("write it like ") + examples);
}

std::string format(const char* pattern, auto... values) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), pattern, values...);
  return buffer.data();
}

}  // namespace

std::chrono::milliseconds parse_duration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> units{
      {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
  const std::uint64_t value = parse_scaled(text, units, "500ms, 30s, 10m or 2h");
  // A longer time than a century is a typing error, and clocks would overflow.
  if (value > 100ULL * 365 * 24 * 3'600'000)
    throw usage_error("'" + std::string(text) + "' is too long", "write it like 30s, 10m or 2h");
  return std::chrono::milliseconds(value);
}

std::uint64_t parse_size(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 10> units{{{"", 1},
                                                                                     {"B", 1},
                                                                                     {"KiB", 1ULL << 10},
                                                                                     {"MiB", 1ULL << 20},
                                                                                     {"GiB", 1ULL << 30},
                                                                                     {"TiB", 1ULL << 40},
                                                                                     {"kB", 1000},
                                                                                     {"MB", 1'000'000},
                                                                                     {"GB", 1'000'000'000},
                                                                                     {"TB", 1'000'000'000'000}}};
  return parse_scaled(text, units, "64MiB, 2GiB or 10GB");
}

std::string size_text(std::uint64_t bytes) {
  static constexpr std::array names{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes);
  std::size_t step = 0;
  while (value >= 1000 && step + 1 < names.size()) {
    value /= 1000;
    ++step;
  }
  return step == 0 ? format("%.0f %s", value, names[step]) : format("%.1f %s", value, names[step]);
}

std::string utc_now(const char* pattern) {
  return utc_text(std::time(nullptr), pattern);
}

std::string utc_text(std::int64_t seconds, const char* pattern) {
  return fmt::format(fmt::runtime("{:" + std::string(pattern) + "}"), fmt::gmtime(static_cast<std::time_t>(seconds)));
}

std::string duration_text(std::chrono::milliseconds duration) {
  const long long ms = duration.count();
  if (ms < 1000) return format("%lldms", ms);
  const long long s = ms / 1000;
  if (s < 60) return format("%llds", s);
  if (s < 3600) return format("%lldm%02llds", s / 60, s % 60);
  return format("%lldh%02lldm", s / 3600, s % 3600 / 60);
}

std::uint64_t parse_number_between(const std::string& text, std::uint64_t low, std::uint64_t high) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    throw usage_error("'" + text + "' is not a number between " + std::to_string(low) + " and " + std::to_string(high),
                      "");
  return value;
}

}  // namespace mysql_agent
