#include "agent/initialize.hpp"

#include <unistd.h>

#include "common/dialect.hpp"
#include "common/error.hpp"
#include "common/process.hpp"

namespace mysql_agent {
namespace {

constexpr std::chrono::seconds sql_timeout{30};

}  // namespace

void initialize_mariadb(const std::filesystem::path& directory, const Secret& root_password) {
  const auto tool = find_in_path({"mariadb-install-db", "mysql_install_db"});
  if (!tool)
    throw usage_error("--initialize was said, and there is no mariadb-install-db in PATH",
                      "run clone-mysql in the database's image, or leave --initialize out: the image's entrypoint does it");
  // Hashed, so that not even the installer's memory holds the password.
  std::string sql = "DELETE FROM mysql.global_priv WHERE User = '';\n";
  if (!root_password.empty())
    sql += "UPDATE mysql.global_priv SET Priv = JSON_SET(Priv, '$.plugin', 'mysql_native_password', '$.authentication_string', " +
           sql_quoted(native_password_hash(root_password)) + ") WHERE User = 'root';\n";
  const Fd sql_file = make_memory_file("initialize.sql", sql);
  Command command;
  // A temporary directory that no other server has: a mariadbd that starts removes the #sql files that it finds in its
  // own, and another one's statements then fail (seen on 10.11, several at once in /tmp).
  command.argv = {tool->string(),
                  "--no-defaults",
                  "--datadir=" + directory.string(),
                  "--tmpdir=" + directory.parent_path().string(),
                  "--auth-root-authentication-method=normal",
                  "--skip-test-db",
                  "--cross-bootstrap",
                  std::string("--extra-file=") + option_file_path};
  // The server refuses to run as root unless told so; the files get their owner when they are published.
  if (::geteuid() == 0) command.argv.push_back("--user=root");
  command.option_file = sql_file.get();
  const Finished finished = run_command(command);
  if (finished.exit_code != 0)
    throw failed(tool->string() + " ended with exit code " + std::to_string(finished.exit_code) + ": " + finished.error_tail + finished.out,
                 "look at its message; the next start begins anew");
}

void initialize_mysql(const StagingServerOptions& server, const Secret& root_password) {
  initialize_staging(server);
  if (root_password.empty()) return;
  // --initialize takes no account statements, so a server does it, without a binary log: no GTID of its own.
  StagingServer running(server, {});
  MysqlClient(running.login(), sql_timeout).execute_unlogged(set_root_password(root_password));
  running.stop();
}

}  // namespace mysql_agent
