#pragma once

#include <string_view>

/// Names in the root of a data directory that are no data.
namespace mysql_agent::reserved_names {

/// The agent's own directory, which no server may take for a database.
inline constexpr const char* agent = ".mysql-agent";
/// What mkfs leaves in the root of a volume.
inline constexpr const char* lost_found = "lost+found";

constexpr bool contains(std::string_view name) {
  return name == agent || name == lost_found;
}

}  // namespace mysql_agent::reserved_names
