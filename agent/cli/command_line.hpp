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
  std::string group;               ///< the heading of --help that it stands under
  std::vector<std::string> words;  ///< all that it takes, of a flag that takes a few words
  bool is_switch = false;          ///< it takes no value
};

/// All flags, in the order of --help.
std::vector<FlagDescription> describe_flags();
/// Those of one subcommand.
std::vector<FlagDescription> describe_flags_of(const std::string& subcommand);

/// Reads the command line and the environment (flag > environment > default), runs the subcommand, reports an error on
/// stderr and in the termination log, and returns the exit code.
int run_command_line(int argc, const char* const* argv);

}  // namespace mysql_agent
