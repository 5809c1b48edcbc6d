#include "agent/cli/flags.hpp"

#include <cctype>

#include "agent/cli/flag_table.hpp"

namespace mysql_agent {

std::vector<Flag> flags_of(Settings& settings) {
  std::vector<Flag> flags = flag_table(settings);
  for (const Flag& flag : flags)
    if (flag.on == nullptr && flag.initial.is_value) flag.set(flag.initial.text);
  return flags;
}

std::string subcommands_text(const Flag& flag) {
  if (flag.subcommands == subcommand_names(false)) return "all";
  if (flag.subcommands == subcommand_names(true)) return "all but install, completion and man";
  std::string out;
  for (const std::string& name : flag.subcommands) out += (out.empty() ? "" : ", ") + name;
  return out;
}

std::string variable_of(const std::string& flag) {
  std::string out = "MYSQL_AGENT_";
  for (const char c : flag.substr(2))
    out += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace mysql_agent
