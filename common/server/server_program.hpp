#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/server/server_version.hpp"

namespace mysql_agent {

/// The database server of the image, as it was found in PATH.
struct ServerProgram {
  std::filesystem::path path;
  ServerVersion version;
};

/// `mariadbd`, or `mysqld` (which may be MariaDB too: its version tells). nullopt where PATH has none. Throws failed
/// where one is there and does not say its version.
std::optional<ServerProgram> find_server_program();

/// Reads what `--version` prints: `mysqld  Ver 9.7.4 for Linux on x86_64 (MySQL Community Server - GPL)`,
/// `mariadbd  Ver 10.11.19-MariaDB ...`. Throws failed for anything else.
ServerVersion parse_server_program_version(std::string_view text);

/// A server refuses to run as root unless its arguments say so: adds that to them where this process is root's. The
/// files get their owner when they are published.
void allow_root(std::vector<std::string>& argv);

/// What of a server's options the data itself depends on. nullopt: not known.
struct ServerSettings {
  std::optional<std::uint32_t> lower_case_table_names;
  std::optional<std::uint32_t> page_size;  ///< innodb_page_size, bytes
  bool operator==(const ServerSettings&) const = default;
};

/// Asks the program what its option files give: `defaults_file`, or, where that is empty, those it finds by itself.
/// Nothing is known where it does not answer: its files may name what is not mounted here. It writes nothing
/// (MySQL 9.7, MariaDB 10.11).
ServerSettings read_server_settings(const ServerProgram& program, const std::filesystem::path& defaults_file,
                                    const std::filesystem::path& data_dir);

/// Reads what `--verbose --help` prints at its end: a line `innodb-page-size   16384` for each option.
ServerSettings parse_server_settings(std::string_view text);

}  // namespace mysql_agent
