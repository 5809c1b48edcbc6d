#pragma once

#include <filesystem>
#include <vector>

#include "agent/clone/staging_server.hpp"
#include "agent/pod/accounts.hpp"
#include "common/base/secret.hpp"

namespace mysql_agent {

/// What a first data directory is made with, so that no server ever listens without it. None of it leaves a GTID.
struct FirstAccounts {
  Secret root_password;  ///< root@localhost's; empty: none
  std::vector<ManagedAccount> managed;
};

/// Makes a first data directory of MariaDB in `directory`, which must be empty, with the mariadb-install-db in PATH: no
/// anonymous accounts, no test database. The directory above it is used for temporary files. Throws failed or
/// usage_error.
void initialize_mariadb(const std::filesystem::path& directory, const FirstAccounts& accounts);

/// The same of MySQL in staging, with the server itself; with the clone plugin where there is an account for it. Throws
/// failed or usage_error.
void initialize_mysql(const StagingServerOptions& server, const FirstAccounts& accounts);

}  // namespace mysql_agent
