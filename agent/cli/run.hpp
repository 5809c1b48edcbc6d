#pragma once

#include "agent/cli/settings.hpp"
#include "agent/cli/subcommands.hpp"
#include "common/base/error.hpp"

namespace mysql_agent {

/// Finds out which pod this is where the subcommand needs it, and runs the subcommand. Throws Error.
ExitCode run_subcommand(const Subcommand& subcommand, Settings& settings);

}  // namespace mysql_agent
