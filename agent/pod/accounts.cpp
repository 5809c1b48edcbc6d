#include "agent/pod/accounts.hpp"

#include "common/base/component.hpp"
#include "common/base/crash_point.hpp"
#include "common/base/log.hpp"

namespace mysql_agent {
namespace {

constexpr std::chrono::seconds login_timeout{10};

bool has_privilege(MysqlClient& client, const Dialect& dialect, const Row& account_row, const ManagedAccount& account) {
  if (account.purpose == ManagedAccount::Purpose::replication) return account_row.at("replication") == "Y";
  return has_clone_account(client, dialect, account.user);
}

}  // namespace

std::vector<ManagedAccount> managed_accounts(const AccountOptions& options, const std::optional<BackupTool>& tool,
                                             const ServerVersion& server) {
  std::vector<ManagedAccount> out;
  if (!options.replication_password.empty())
    out.push_back({ManagedAccount::Purpose::replication, options.replication_user, options.replication_password});
  if (!options.clone_password.empty() && keeps_clone_plugin(options.engine, tool, server, true))
    out.push_back({ManagedAccount::Purpose::clone, options.clone_user, options.clone_password});
  return out;
}

std::string account_grant(const Dialect& dialect, const ManagedAccount& account) {
  return account.purpose == ManagedAccount::Purpose::replication ? dialect.grant_replication(account.user)
                                                                 : dialect.grant_clone(account.user);
}

void check_account_password(const Dialect& dialect, const ManagedAccount& account) {
  if (account.purpose == ManagedAccount::Purpose::replication) dialect.check_replication_password(account.password);
}

bool AccountKeeper::ensure(MysqlClient& client, const Dialect& dialect, const ManagedAccount& account) {
  check_account_password(dialect, account);
  const auto rows = client.query(dialect.account(account.user));
  if (rows.empty()) {
    client.execute_unlogged(dialect.create_account(account.user, account.password));
    crash_point("account.created");
    client.execute(account_grant(dialect, account));
    return true;
  }
  bool changed = false;
  if (!password_is_right(rows.front(), account)) {
    client.execute_unlogged(dialect.set_account_password(account.user, account.password));
    changed = true;
    believe_new_password(client, dialect, account);
  }
  if (!has_privilege(client, dialect, rows.front(), account)) {
    client.execute(account_grant(dialect, account));
    changed = true;
  }
  return changed;
}

// A right password may be refused too: because of REQUIRE SSL, or because an account without a name at this host comes
// first. Setting the password again would not help, and each time it is a transaction on every server of the set.
void AccountKeeper::believe_new_password(MysqlClient& client, const Dialect& dialect, const ManagedAccount& account) {
  const auto rows = client.query(dialect.account(account.user));
  if (rows.empty() || password_is_right(rows.front(), account)) return;
  right_[account.user] = rows.front().at("authentication_string").value_or("");
  log_event(LogLevel::warning, component::sidecar,
            "could not log in with an account whose password it has just set: it wants TLS, or another account comes "
            "before it",
            {{"user", account.user}});
}

bool AccountKeeper::password_is_right(const Row& account_row, const ManagedAccount& account) {
  const std::string plugin = account_row.at("plugin").value_or("");
  const std::string stored = account_row.at("authentication_string").value_or("");
  if (plugin == "mysql_native_password") return stored == native_password_hash(account.password);
  // A person chose another plugin than ours.
  if (plugin != "caching_sha2_password") return true;
  const auto known = right_.find(account.user);
  if (known != right_.end() && known->second == stored) return true;
  // The hash is salted and slow, so a login lets the server compare the password.
  ServerLogin login = server_;
  login.user = account.user;
  login.password = account.password;
  login.previous_password = {};
  try {
    MysqlClient(login, login_timeout);
  } catch (const SqlError& error) {
    if (error.number() == server_error::access_denied) return false;
    throw;
  }
  right_[account.user] = stored;
  return true;
}

std::string install_clone_plugin(MysqlClient& client, const Dialect& dialect) {
  try {
    client.execute(dialect.install_clone_plugin());
    return "";
  } catch (const SqlError& error) {
    if (error.number() != server_error::no_library) throw;
    return error.what();
  }
}

bool has_clone_account(MysqlClient& client, const Dialect& dialect, const std::string& user) {
  return !client.query(dialect.clone_privilege(user)).empty();
}

}  // namespace mysql_agent
