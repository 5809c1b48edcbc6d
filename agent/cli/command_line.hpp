#pragma once

namespace mysql_agent {

/// Reads the command line and the environment (flag > environment > default), runs the subcommand, reports an error on
/// stderr and in the termination log, and returns the exit code.
int run_command_line(int argc, const char* const* argv);

}  // namespace mysql_agent
