#pragma once

#include <string>

#include "agent/command_line_settings.hpp"
#include "common/error.hpp"

namespace mysql_agent {

/// Hands the settings to the subcommand of this name, and runs it to its end. Throws Error.
ExitCode run_subcommand(const std::string& name, Settings& settings);

}  // namespace mysql_agent
