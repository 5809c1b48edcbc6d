#include "agent/clone/initialize.hpp"

#include <unistd.h>

#include "common/base/component.hpp"
#include "common/base/crash_point.hpp"
#include "common/base/error.hpp"
#include "common/base/log.hpp"
#include "common/base/process.hpp"
#include "common/server/dialect.hpp"

namespace mysql_agent {
namespace {

constexpr std::chrono::seconds sql_timeout{30};

std::vector<std::string> first_statements(const Dialect& dialect, const ManagedAccount& account) {
  return {dialect.create_account(account.user, account.password), account_grant(dialect, account)};
}

// A server refuses InnoDB's files where these differ from what they were made with.
bool shapes_files(const ServerOption& option) {
  return option.name == "innodb_page_size" || option.name == "innodb_data_file_path" ||
         option.name == "innodb_undo_tablespaces" || option.name == "innodb_log_file_size" ||
         option.name == "innodb_checksum_algorithm";
}

}  // namespace

void initialize_mariadb(const std::filesystem::path& directory, const FirstAccounts& accounts,
                        const ServerSettings& settings) {
  const auto tool = find_in_path({"mariadb-install-db", "mysql_install_db"});
  if (!tool)
    throw usage_error(
        "--initialize is set, and there is no mariadb-install-db in PATH",
        "run clone-mysql in the database's image, or leave --initialize out: the image's entrypoint does it");
  const Dialect dialect({Flavour::mariadb, 10, 6, 0});  // the statements are the same in all versions
  std::string sql;
  // The server of the installer has no grants loaded. It takes account statements only after these.
  for (const std::string& statement : mariadb_bootstrap_accounts(accounts.root_password)) sql += statement + ";\n";
  for (const ManagedAccount& account : accounts.managed) {
    check_account_password(dialect, account);
    for (const std::string& statement : first_statements(dialect, account)) sql += statement + ";\n";
  }
  const Fd sql_file = make_memory_file("initialize.sql", sql);
  Command command;
  // No other server may use this temporary directory. A mariadbd that starts removes the #sql files in its temporary
  // directory, and the statements of other servers there fail (seen on 10.11, several servers in /tmp).
  command.argv = {tool->string(),
                  "--no-defaults",
                  "--datadir=" + directory.string(),
                  "--tmpdir=" + directory.parent_path().string(),
                  "--auth-root-authentication-method=normal",
                  "--skip-test-db",
                  "--cross-bootstrap",
                  std::string("--extra-file=") + option_file_path};
  for (const ServerOption& option : settings.options)
    if (shapes_files(option)) command.argv.push_back(option.argument);
  allow_root(command.argv);
  command.option_file = sql_file.get();
  const Finished finished = run_command(command);
  if (finished.exit_code != 0)
    throw failed(tool->string() + " ended with exit code " + std::to_string(finished.exit_code) + ": " +
                     finished.error_tail + finished.out,
                 "look at its message; the next start begins anew");
  crash_point("initialize.made");
}

// --initialize takes no account statements. A server without a binary log and without TCP makes the accounts.
void initialize_mysql(const StagingServerOptions& server, const FirstAccounts& accounts) {
  const Dialect dialect(server.program.version);
  for (const ManagedAccount& account : accounts.managed) check_account_password(dialect, account);
  initialize_staging(server);
  crash_point("initialize.made");
  if (accounts.root_password.empty() && accounts.managed.empty()) return;
  StagingServer running(server, {});
  {
    // The session is closed before the shutdown, which would wait for its end.
    MysqlClient client(running.login(), sql_timeout);
    for (const ManagedAccount& account : accounts.managed) {
      for (const std::string& statement : first_statements(dialect, account)) client.execute_unlogged(statement);
      if (account.purpose != ManagedAccount::Purpose::clone) continue;
      if (const std::string refusal = install_clone_plugin(client, dialect); !refusal.empty())
        log_event(LogLevel::warning, component::clone, "made a first data directory without the clone plugin",
                  {{"error", refusal}});
    }
    if (!accounts.root_password.empty()) client.execute_unlogged(set_root_password(accounts.root_password));
  }
  crash_point("initialize.accounts");
  running.stop();
}

}  // namespace mysql_agent
