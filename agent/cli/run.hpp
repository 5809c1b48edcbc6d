#pragma once

#include <vector>

#include "agent/cli/settings.hpp"
#include "common/base/error.hpp"

namespace mysql_agent {

struct Subcommand {
  const char* name;
  const char* help;
  bool of_a_pod;  ///< it knows which pod it runs in
  ExitCode (*run)(Settings& settings);
};

/// All of them, in the order of --help.
const std::vector<Subcommand>& subcommands();

/// Starts the log, finds out which pod this is where the subcommand is of one, and runs it to its end. Throws Error.
ExitCode run_subcommand(const Subcommand& subcommand, Settings& settings);

}  // namespace mysql_agent
