#include "tests/support/test_server.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/support/versions.hpp"

namespace mysql_agent::test {
namespace {

struct Known {
  const char* name;
  ServerVersion version;
  Arguments programs;  ///< names of the programs, for a server in a root directory
};

const std::vector<Known>& known_servers() {
  static const std::vector<Known> known{
      {"mariadb-10.11", mariadb_version(10, 11, 0), {}},
      {"mariadb-11.8", mariadb_version(11, 8, 0), {"mariadbd", "mariadb-backup", "mariadb-install-db", "mbstream"}},
      {"mysql-9.7", mysql_version(9, 7, 0), {"mysqld"}},
  };
  return known;
}

const Known& chosen_server() {
  const char* const name = std::getenv("MYSQL_AGENT_TEST_SERVER");
  for (const Known& server : known_servers())
    if (server.name == std::string(name != nullptr ? name : "mariadb-10.11")) return server;
  FAIL("MYSQL_AGENT_TEST_SERVER=" << name << " is none of mariadb-10.11, mariadb-11.8, mysql-9.7");
  std::abort();  // FAIL has thrown
}

}  // namespace

std::filesystem::path cache_folder() {
  const char* const cache = std::getenv("MYSQL_AGENT_CACHE");
  return cache != nullptr ? cache : "/var/cache/mysql-agent";
}

std::filesystem::path server_root(const std::string& name) {
  const std::filesystem::path root = cache_folder() / name;
  if (::geteuid() != 0) FAIL("this test needs root: it runs " << name << " in a root directory of its own");
  if (!std::filesystem::exists(root)) FAIL("there is no " << root << ": run scripts/setup --servers");
  return root;
}

Arguments in_root(const std::filesystem::path& root, const Arguments& argv) {
  Arguments command{SOURCE_DIR "/scripts/in-root", root};
  command.insert(command.end(), argv.begin(), argv.end());
  return command;
}

TestServer::TestServer() : name_(chosen_server().name), version_(chosen_server().version) {
  for (const std::string& program : chosen_server().programs) {
    std::string script = "#!/bin/sh\nexec";
    for (const std::string& word : in_root(server_root(name_), {program})) script += " '" + word + "'";
    write_text(programs_ / program, script + " \"$@\"\n");
    std::filesystem::permissions(programs_ / program, std::filesystem::perms::owner_all);
  }
}

// env is replaced by the program. So a signal reaches the program, and the program dies with the test.
Arguments TestServer::command(const Arguments& argv) const {
  if (chosen_server().programs.empty()) return argv;
  Arguments all{"env", "PATH=" + programs_.path().string()};
  all.insert(all.end(), argv.begin(), argv.end());
  return all;
}

std::string TestServer::program(const std::string& name) const {
  return chosen_server().programs.empty() ? name : (programs_ / name).string();
}

std::string TestServer::options() const {
  std::string lines = "innodb_buffer_pool_size=32M\n";
  // Without this option the server refuses to run as root.
  if (::geteuid() == 0) lines += "user=root\n";
  // Debian's mysqld needs a directory for files that does not exist, and would listen on the port of the X protocol.
  // The event scheduler takes a whole core while the server shuts down (seen on 9.7).
  if (is_mysql())
    return lines + "innodb_redo_log_capacity=16M\nsecure_file_priv=NULL\nloose_mysqlx=OFF\nevent_scheduler=OFF\n";
  return lines + "innodb_log_file_size=8M\n";
}

std::string TestServer::logged_query() const {
  return is_mysql() ? "SELECT @@GLOBAL.gtid_executed" : "SELECT @@GLOBAL.gtid_binlog_pos";
}

std::string TestServer::gtid_prefix_query() const {
  return is_mysql() ? "SELECT CONCAT(@@GLOBAL.server_uuid, ':')"
                    : "SELECT CONCAT(@@GLOBAL.gtid_domain_id, '-', @@GLOBAL.server_id, '-')";
}

}  // namespace mysql_agent::test
