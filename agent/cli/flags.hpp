#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/cli/settings.hpp"

namespace mysql_agent {

/// What holds of a flag that is not said: a value, as it would be said, or prose about what the agent finds out by
/// itself.
struct Default {
  Default(const char* value) : text(value), is_value(true) {}
  static Default prose(const char* text) {
    Default out(text);
    out.is_value = false;
    return out;
  }
  std::string text;
  bool is_value;
};

/// One flag: what it is called, who takes it, and where its text goes.
struct Flag {
  const char* name;
  std::vector<std::string> subcommands;
  Default initial;
  const char* help;
  std::function<void(const std::string&)> set;  ///< throws usage_error; empty where it is a switch
  bool* on = nullptr;                           ///< of a switch
};

/// All flags, in the order of --help. They write into `settings`, which must live as long, and get their defaults here.
std::vector<Flag> flags_of(Settings& settings);

/// `all`, `all but install`, or the names, for people.
std::string subcommands_text(const Flag& flag);

/// The variable of a flag: `MYSQL_AGENT_DATA_DIR` of `--data-dir`.
std::string variable_of(const std::string& flag);

}  // namespace mysql_agent
