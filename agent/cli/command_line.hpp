#pragma once

#include <string>
#include <vector>

namespace mysql_agent {

/// One flag as the parser knows it. Tests hold the documents and the manifests against it.
struct FlagDescription {
  std::string flag;         ///< `--data-dir`
  std::string variable;     ///< `MYSQL_AGENT_DATA_DIR`
  std::string subcommands;  ///< `clone-mysql, sidecar, status`
  std::string default_text;
  std::string help;
};

/// All flags, in the order of --help.
std::vector<FlagDescription> describe_flags();

/// Reads the command line and the environment (flag > environment > default), runs the subcommand, reports an error on
/// stderr and in the termination log, and returns the exit code.
int run_command_line(int argc, const char* const* argv);

}  // namespace mysql_agent
