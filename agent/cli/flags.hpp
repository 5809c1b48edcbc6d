#pragma once

#include <string>
#include <vector>

#include "agent/cli/flag.hpp"
#include "agent/cli/settings.hpp"

namespace mysql_agent {

/// All flags, in the order of --help, with their defaults written into `settings`. The flags write into `settings`,
/// which must outlive them.
std::vector<Flag> flags_of(Settings& settings);

/// The subcommands of a flag, for people: `all`, `all but install`, or the names.
std::string subcommands_text(const Flag& flag);

/// The environment variable of a flag: `MYSQL_AGENT_DATA_DIR` for `--data-dir`.
std::string variable_of(const std::string& flag);

}  // namespace mysql_agent
