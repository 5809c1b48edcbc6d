#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "common/server_version.hpp"

namespace mysql_agent {

/// The database server of the image, as it was found in PATH.
struct ServerProgram {
  std::filesystem::path path;
  ServerVersion version;
};

/// `mariadbd`, or `mysqld` (which may be MariaDB too: its version tells). nullopt where PATH has none. Throws failed where
/// one is there and does not say its version.
std::optional<ServerProgram> find_server_program();

/// Reads what `--version` prints: `mysqld  Ver 9.7.4 for Linux on x86_64 (MySQL Community Server - GPL)`,
/// `mariadbd  Ver 10.11.19-MariaDB ...`. Throws failed for anything else.
ServerVersion parse_server_program_version(std::string_view text);

}  // namespace mysql_agent
