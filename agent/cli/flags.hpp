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

}  // namespace mysql_agent
