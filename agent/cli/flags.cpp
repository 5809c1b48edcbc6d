#include "agent/cli/flags.hpp"

#include <algorithm>
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

namespace {

FlagDescription description_of(const Flag& flag) {
  return {.flag = flag.name,
          .variable = variable_of(flag.name),
          .subcommands = subcommands_text(flag),
          .default_text = flag.initial.text,
          .help = flag.help,
          .group = flag.group,
          .words = flag.words,
          .is_switch = flag.on != nullptr};
}

}  // namespace

std::vector<FlagDescription> describe_flags() {
  Settings settings;
  std::vector<FlagDescription> out;
  for (const Flag& flag : flags_of(settings)) out.push_back(description_of(flag));
  return out;
}

std::vector<FlagDescription> describe_flags_of(const std::string& subcommand) {
  Settings settings;
  std::vector<FlagDescription> out;
  for (const Flag& flag : flags_of(settings))
    if (std::find(flag.subcommands.begin(), flag.subcommands.end(), subcommand) != flag.subcommands.end())
      out.push_back(description_of(flag));
  return out;
}

}  // namespace mysql_agent
