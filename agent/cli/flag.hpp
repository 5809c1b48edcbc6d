#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace mysql_agent {

/// The default of a flag. Either a value, as a person would write it. Or prose about what the agent finds out by
/// itself; prose is shown in the help and never parsed.
struct Default {
  Default(const char* value) : text(value), is_value(true) {}
  Default(std::string value) : text(std::move(value)), is_value(true) {}
  static Default prose(const char* text) {
    Default out(text);
    out.is_value = false;
    return out;
  }
  std::string text;
  bool is_value;
};

/// One flag: its name, the subcommands that take it, and where its text goes. Either `set` or `on` is given.
struct Flag {
  const char* name = "";
  std::vector<std::string> subcommands;
  Default initial;
  const char* help = "";
  const char* group = "";                            ///< the heading of --help that it stands under
  std::vector<std::string> words = {};               ///< all that it takes, of a flag that takes a few words
  std::function<void(const std::string&)> set = {};  ///< of a flag with a text; throws usage_error for a bad text
  bool* on = nullptr;                                ///< of a switch
};

}  // namespace mysql_agent
