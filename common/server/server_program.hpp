#pragma once

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

}  // namespace mysql_agent
