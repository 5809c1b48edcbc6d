#pragma once

#include <filesystem>

#include "common/secret.hpp"

namespace mysql_agent {

/// Makes a first data directory in `directory`, which must be empty, with the mariadb-install-db in PATH: no anonymous
/// accounts, no test database, root with `root_password` (none if it is empty). The directory above it is used for
/// temporary files. Throws failed or usage_error.
void initialize_data_dir(const std::filesystem::path& directory, const Secret& root_password);

}  // namespace mysql_agent
