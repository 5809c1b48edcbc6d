#pragma once

#include <string_view>

/// Names in the root of a data directory that do not belong to the data.
namespace mysql_agent::reserved_names {

/// The agent's own directory. No server may take it for a database (agent_options in option_file.hpp sees to that).
inline constexpr const char* agent = ".mysql-agent";
/// The directory that mkfs leaves in the root of a volume.
inline constexpr const char* lost_found = "lost+found";

constexpr bool contains(std::string_view name) {
  return name == agent || name == lost_found;
}

}  // namespace mysql_agent::reserved_names
