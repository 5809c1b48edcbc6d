#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/server/server_settings.hpp"
#include "common/volume/data_dir.hpp"

namespace mysql_agent {

/// The directories in the data directory that the options name for logs and temporary files, as `logs` for
/// log_bin=logs/binlog. A server does not make them, and does not start without them.
std::vector<std::filesystem::path> server_directories(const ServerSettings& own, const std::filesystem::path& data_dir);

/// The names of all options that server_directories looks at.
std::vector<std::string> options_with_directories();

/// Makes them in staging where they are missing. Throws failed.
void make_server_directories(const ServerSettings& own, const DataDir& dir);

}  // namespace mysql_agent
