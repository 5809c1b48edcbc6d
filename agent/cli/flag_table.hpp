#pragma once

#include <string>
#include <vector>

#include "agent/cli/flag.hpp"
#include "agent/cli/settings.hpp"

namespace mysql_agent {

/// All flags as they are written down, in the order of --help. No default is in `settings` yet.
std::vector<Flag> flag_table(Settings& settings);

/// The names of all subcommands, or of those that know which pod they run in.
std::vector<std::string> subcommand_names(bool of_a_pod_alone);

}  // namespace mysql_agent
