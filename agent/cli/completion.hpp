#pragma once

#include <string>
#include <vector>

namespace mysql_agent {

/// The shells that completion_script knows.
const std::vector<std::string>& completion_shells();

/// The completion of subcommands, flags and the words that a flag takes, made of what the parser knows. `shell` is one
/// of completion_shells.
std::string completion_script(const std::string& shell);

}  // namespace mysql_agent
