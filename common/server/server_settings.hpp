#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/server/server_program.hpp"

namespace mysql_agent {

/// An option as the option files of a server give it.
struct ServerOption {
  std::string name;      ///< with `_`, and without `loose_`
  std::string value;     ///< empty: the option has none
  std::string argument;  ///< the option for argv, as the file has it: `--loose-innodb-page-size=8k`
  bool operator==(const ServerOption&) const = default;
};

/// What is known of the options with which the server of this pod will run. Empty: nothing.
struct ServerSettings {
  std::optional<std::uint32_t> lower_case_table_names;
  std::optional<std::uint32_t> page_size;     ///< innodb_page_size, bytes
  std::vector<ServerOption> options;          ///< in the order of the files: the last one of a name counts
  std::map<std::string, std::string> values;  ///< of all variables that have one, by name with `_`

  /// The value that the variable `name` will have. Empty: it has none, or nothing is known of it.
  std::string value(const std::string& name) const;
  /// The values of all options `name` in the files, for those that can be given more than once.
  std::vector<std::string> all_values(std::string_view name) const;
  bool operator==(const ServerSettings&) const = default;
};

/// Asks the program for the values that its option files give. It reads `defaults_file`, or, if that is empty, the
/// files that it finds by itself. If the program does not take an option, only the options themselves are known. The
/// program writes no file (MySQL 9.7, MariaDB 10.11). `data_dir` must exist. Throws failed if the program cannot be
/// started.
ServerSettings read_server_settings(const ServerProgram& program, const std::filesystem::path& defaults_file,
                                    const std::filesystem::path& data_dir);

/// Makes the settings of two outputs: that of `--print-defaults`, whose second line has all options of the files, and
/// that of `--verbose --help`, which ends with a line like `innodb-page-size   16384` for each variable.
ServerSettings parse_server_settings(std::string_view options, std::string_view help);

/// The names of the plugins that a server loads by `plugin_load` and `plugin_load_add`: the name of the library,
/// without `.so`.
std::vector<std::string> loaded_plugins(const ServerSettings& settings);
/// The same, of one value like `provider_lz4=provider_lz4.so;file_key_management`.
std::vector<std::string> plugins_in(std::string_view plugin_load);

}  // namespace mysql_agent
