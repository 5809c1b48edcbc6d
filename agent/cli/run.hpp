#pragma once

#include <vector>

#include "agent/cli/settings.hpp"
#include "common/base/error.hpp"

namespace mysql_agent {

/// What a subcommand is for: the heading of --help that it stands under.
enum class Purpose { container, person, shell };
const char* purpose_text(Purpose purpose);

struct Subcommand {
  const char* name;
  const char* help;
  Purpose purpose;
  bool of_a_pod;  ///< the subcommand needs to know in which pod it runs
  ExitCode (*run)(Settings& settings);
};

/// All subcommands, in the order of --help.
const std::vector<Subcommand>& subcommands();

/// Finds out which pod this is where the subcommand needs it, and runs the subcommand. Throws Error.
ExitCode run_subcommand(const Subcommand& subcommand, Settings& settings);

}  // namespace mysql_agent
