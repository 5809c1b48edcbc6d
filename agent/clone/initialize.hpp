#pragma once

#include <filesystem>
#include <vector>

#include "agent/clone/staging_server.hpp"
#include "agent/pod/accounts.hpp"
#include "common/base/secret.hpp"

namespace mysql_agent {

/// The accounts of a first data directory. They are made before any server listens, and leave no GTID.
struct FirstAccounts {
  Secret root_password;  ///< of root@localhost; empty: no password
  std::vector<ManagedAccount> managed;
};

/// Makes a first data directory of MariaDB in `directory`, with the mariadb-install-db in PATH: no anonymous accounts,
/// no test database, and with the format that `settings` give InnoDB's files. `directory` must be empty; its parent is
/// used for temporary files. Throws failed or usage_error.
void initialize_mariadb(const std::filesystem::path& directory, const FirstAccounts& accounts,
                        const ServerSettings& settings);

/// Makes a first data directory of MySQL in staging, with the server itself. Installs the clone plugin where there is
/// an account for it. Throws failed or usage_error.
void initialize_mysql(const StagingServerOptions& server, const FirstAccounts& accounts);

}  // namespace mysql_agent
