#pragma once

#include <filesystem>

#include "agent/staging_server.hpp"
#include "common/secret.hpp"

namespace mysql_agent {

/// Makes a first data directory of MariaDB in `directory`, which must be empty, with the mariadb-install-db in PATH: no
/// anonymous accounts, no test database, root with `root_password` (none if it is empty). The directory above it is used
/// for temporary files. Throws failed or usage_error.
void initialize_mariadb(const std::filesystem::path& directory, const Secret& root_password);

/// The same of MySQL in staging, with the server itself: root at localhost alone. Throws failed.
void initialize_mysql(const StagingServerOptions& server, const Secret& root_password);

}  // namespace mysql_agent
