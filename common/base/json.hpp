#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

// Compiled in json.cpp alone: each unit that uses it would take a second or two for it.
extern template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace mysql_agent {

/// All JSON of the program: an object's members keep their order, so what is written reads as it was put together.
using Json = nlohmann::ordered_json;

/// How deep parse_json goes, and how many members it takes: an object looks each name up in a list. The program's own
/// texts have four levels and less than a hundred members.
constexpr int max_json_depth = 32;
constexpr int max_json_members = 10'000;

/// Throws std::exception where the text is no JSON, or more than that.
Json parse_json(std::string_view text);

/// The same of a file that tells its format as `version`. Throws std::exception for another format too.
Json parse_json_of_format(std::string_view text, int format);

/// With `indent` spaces a level, or in one line where that is -1. What is not UTF-8 in a text is replaced: it never
/// fails.
std::string json_text(const Json& json, int indent);

/// A whole number that fits. nlohmann's own `get` cuts it down to the type without a word, and of 1e57 makes anything
/// (found by the fuzzer). Throws std::exception.
template <typename T>
T whole_number(const Json& json) {
  if (json.is_number_unsigned() && std::in_range<T>(json.get<std::uint64_t>()))
    return static_cast<T>(json.get<std::uint64_t>());
  if (json.is_number_integer() && !json.is_number_unsigned() && std::in_range<T>(json.get<std::int64_t>()))
    return static_cast<T>(json.get<std::int64_t>());
  throw std::runtime_error(json_text(json, -1) + " is not a whole number that fits here");
}

}  // namespace mysql_agent
