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

/// What was said of them. An empty password is none: then the account is not the agent's to look after.
struct AccountOptions {
  std::string replication_user;
  Secret replication_password;
  std::string clone_user;
  Secret clone_password;
  EngineChoice engine = EngineChoice::automatic;
};

/// The accounts that --initialize makes with a first data directory, and that the primary's sidecar looks after: the
/// same ones. The one for clones only where the server can have the plugin, and keeps_clone_plugin.
std::vector<ManagedAccount> managed_accounts(const AccountOptions& options, const std::optional<BackupTool>& tool,
                                             const ServerVersion& server);

/// The statement that gives the account its privilege.
std::string account_grant(const Dialect& dialect, const ManagedAccount& account);

/// Throws usage_error for a password that the server, or a replica, cannot keep.
void check_account_password(const Dialect& dialect, const ManagedAccount& account);

/// Makes sure of accounts on one server, the primary's: replicas get them by replication and by clones.
class AccountKeeper {
 public:
  explicit AccountKeeper(ServerLogin server) : server_(std::move(server)) {}

  /// The account, with its password and its privilege. Does nothing, and writes nothing into the binary log, where all
  /// is as it should be. Returns whether it changed anything. Throws SqlError, or usage_error for a password that the
  /// server cannot take.
  bool ensure(MysqlClient& client, const Dialect& dialect, const ManagedAccount& account);

 private:
  bool password_is_right(const Row& account_row, const ManagedAccount& account);
  void believe_new_password(MysqlClient& client, const Dialect& dialect, const ManagedAccount& account);

  ServerLogin server_;
  std::map<std::string, std::string> right_;  // user, and its authentication string when its password was found right
};

/// Installs MySQL's clone plugin. Empty, or why not where the server has no file of it (error 1126): not every build
/// comes with one. Throws SqlError for all else.
std::string install_clone_plugin(MysqlClient& client, const Dialect& dialect);

/// Whether the account for clones can be used on this server: it is there, with its privilege. Throws SqlError.
bool has_clone_account(MysqlClient& client, const Dialect& dialect, const std::string& user);

}  // namespace mysql_agent
