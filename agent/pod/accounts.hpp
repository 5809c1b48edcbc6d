#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/backup/clone_engine.hpp"
#include "common/server/dialect.hpp"
#include "common/server/mysql_client.hpp"

namespace mysql_agent {

/// An account that the primary's sidecar looks after, at any host (`'user'@'%'`), with the one privilege that it needs.
struct ManagedAccount {
  enum class Purpose {
    replication,  ///< REPLICATION SLAVE: replicas log in to the primary
    clone,        ///< BACKUP_ADMIN: MySQL's clone plugin logs in to the donor
  };
  Purpose purpose = Purpose::replication;
  std::string user;
  Secret password;
};

/// What the flags say about the accounts. With an empty password the agent does not look after the account.
struct AccountOptions {
  std::string replication_user;
  Secret replication_password;
  std::string clone_user;
  Secret clone_password;
  EngineChoice engine = EngineChoice::automatic;
};

/// The accounts that --initialize makes with a first data directory, and that the primary's sidecar looks after. The
/// account for clones is among them only if the server can have the plugin, and keeps_clone_plugin says so.
std::vector<ManagedAccount> managed_accounts(const AccountOptions& options, const std::optional<BackupTool>& tool,
                                             const ServerVersion& server);

/// The statement that gives the account its privilege.
std::string account_grant(const Dialect& dialect, const ManagedAccount& account);

/// Throws usage_error for a password that the server, or a replica, cannot keep.
void check_account_password(const Dialect& dialect, const ManagedAccount& account);

/// Keeps the accounts on the primary's server as they should be. Replicas get them by replication and by clones.
class AccountKeeper {
 public:
  explicit AccountKeeper(ServerLogin server) : server_(std::move(server)) {}

  /// Makes the account, its password and its privilege. If they are right already, this changes nothing and writes
  /// nothing to the binary log. Returns whether anything was changed. Throws SqlError, or usage_error for a password
  /// that the server cannot take.
  bool ensure(MysqlClient& client, const Dialect& dialect, const ManagedAccount& account);

 private:
  bool password_is_right(const Row& account_row, const ManagedAccount& account);
  void believe_new_password(MysqlClient& client, const Dialect& dialect, const ManagedAccount& account);

  ServerLogin server_;
  std::map<std::string, std::string> right_;  // of each user: the authentication string whose password was right
};

/// Installs MySQL's clone plugin. Returns an empty text, or why that is impossible: not every build of the server has
/// the plugin's file (error 1126). Throws SqlError for any other error.
std::string install_clone_plugin(MysqlClient& client, const Dialect& dialect);

/// Whether the account for clones exists on this server and has its privilege. Throws SqlError.
bool has_clone_account(MysqlClient& client, const Dialect& dialect, const std::string& user);

}  // namespace mysql_agent
