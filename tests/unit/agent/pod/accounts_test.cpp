#include "agent/pod/accounts.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;

namespace {

const ServerVersion mysql = parse_server_version("8.4.3");
const ServerVersion mariadb = parse_server_version("10.11.19-MariaDB");
const BackupTool xtrabackup{"/usr/bin/xtrabackup", "xtrabackup", {Flavour::mysql, 8, 4, 0}};

AccountOptions options() {
  return {"repl", Secret("r"), "cloner", Secret("c"), EngineChoice::automatic};
}

std::string named(const std::vector<ManagedAccount>& accounts) {
  std::string out;
  for (const ManagedAccount& account : accounts)
    out += account.user + "/" + account.password.reveal() +
           (account.purpose == ManagedAccount::Purpose::clone ? " for clones;" : " for replication;");
  return out;
}

std::string accounts_of(const AccountOptions& options, const ServerVersion& server,
                        const std::optional<BackupTool>& tool = std::nullopt) {
  return named(managed_accounts(options, tool, server));
}

}  // namespace

TEST_CASE("an account is looked after where there is a password for it: an empty one is none") {
  AccountOptions said = options();
  CHECK(accounts_of(said, mysql) == "repl/r for replication;cloner/c for clones;");
  said.replication_password = Secret("");
  CHECK(accounts_of(said, mysql) == "cloner/c for clones;");
  said.clone_password = Secret("");
  CHECK(accounts_of(said, mysql).empty());
  said.replication_password = Secret("r");
  CHECK(accounts_of(said, mysql) == "repl/r for replication;");
}

TEST_CASE("the account for clones is for servers that can have the plugin, unless another engine is set") {
  CHECK(accounts_of(options(), mariadb) == "repl/r for replication;");
  CHECK(accounts_of(options(), {Flavour::mysql, 5, 7, 44}) == "repl/r for replication;");
  // Beside a tool as well: for recipients that have none.
  CHECK(accounts_of(options(), mysql, xtrabackup) == "repl/r for replication;cloner/c for clones;");
  AccountOptions said = options();
  said.engine = EngineChoice::xtrabackup;
  CHECK(accounts_of(said, mysql) == "repl/r for replication;");
  said.engine = EngineChoice::clone_plugin;
  CHECK(accounts_of(said, mysql, xtrabackup) == "repl/r for replication;cloner/c for clones;");
}
