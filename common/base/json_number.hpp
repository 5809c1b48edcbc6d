#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace mysql_agent {

/// A whole number that fits. nlohmann's own `get` cuts it down to the type without a word, and of 1e57 makes anything
/// (found by the fuzzer). Throws std::exception.
template <typename T>
T whole_number(const nlohmann::json& json) {
  if (json.is_number_unsigned() && std::in_range<T>(json.get<std::uint64_t>()))
    return static_cast<T>(json.get<std::uint64_t>());
  if (json.is_number_integer() && !json.is_number_unsigned() && std::in_range<T>(json.get<std::int64_t>()))
    return static_cast<T>(json.get<std::int64_t>());
  throw std::runtime_error(json.dump() + " is not a whole number that fits here");
}

}  // namespace mysql_agent
