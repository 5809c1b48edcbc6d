#pragma once

#include <vector>

namespace mysql_agent {

/// What a subcommand is for: the heading of --help that it stands under.
enum class Purpose { container, person, shell };
const char* purpose_text(Purpose purpose);

/// What is known of a subcommand without running it.
struct Subcommand {
  const char* name;
  const char* help;
  Purpose purpose;
  bool of_a_pod;  ///< the subcommand needs to know in which pod it runs
};

/// All subcommands, in the order of --help.
const std::vector<Subcommand>& subcommands();

}  // namespace mysql_agent
