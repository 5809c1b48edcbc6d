#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/server/server_version.hpp"

namespace mysql_agent {

/// The program of the database server, as it was found in PATH.
struct ServerProgram {
  std::filesystem::path path;
  ServerVersion version;
};

/// Looks for `mariadbd`, then for `mysqld`. The version tells the family, because MariaDB's program can be called
/// `mysqld` too. nullopt: PATH has neither. Throws failed if the program does not print its version.
std::optional<ServerProgram> find_server_program();

/// Reads the output of `--version`: `mysqld  Ver 9.7.4 for Linux on x86_64 (MySQL Community Server - GPL)`,
/// `mariadbd  Ver 10.11.19-MariaDB ...`. Throws failed for any other text.
ServerVersion parse_server_program_version(std::string_view text);

/// Adds `--user=root` if this process is root: without that a server refuses to run as root. The files that the server
/// makes get their owner when they are published (publish_staging).
void allow_root(std::vector<std::string>& argv);

/// The options of a server that its data depends on. nullopt: not known.
struct ServerSettings {
  std::optional<std::uint32_t> lower_case_table_names;
  std::optional<std::uint32_t> page_size;  ///< innodb_page_size, bytes
  bool operator==(const ServerSettings&) const = default;
};

/// Asks the program for the values that its option files give. It reads `defaults_file`, or, if that is empty, the
/// files that it finds by itself. If the program fails, nothing is known: its option files can name paths that are not
/// mounted here. The program writes no file (MySQL 9.7, MariaDB 10.11). `data_dir` must exist. Throws failed if the
/// program cannot be started.
ServerSettings read_server_settings(const ServerProgram& program, const std::filesystem::path& defaults_file,
                                    const std::filesystem::path& data_dir);

/// Reads the end of the output of `--verbose --help`, which has a line like `innodb-page-size   16384` for each option.
ServerSettings parse_server_settings(std::string_view text);

}  // namespace mysql_agent
