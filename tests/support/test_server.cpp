#include "tests/support/test_server.hpp"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "common/base/file.hpp"
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

void write_script(const std::filesystem::path& path, const std::string& text) {
  write_text(path, "#!/bin/sh\n" + text);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
}

// What changes when the server does.
std::string identity_of(const std::filesystem::path& program) {
  struct stat status {};
  REQUIRE(::stat(program.c_str(), &status) == 0);
  return std::to_string(status.st_mtime) + "-" + std::to_string(status.st_size);
}

void copy_directory(const std::filesystem::path& from, const std::filesystem::path& to) {
  const Ran copied = run_to_end({"/bin/cp", "-a", from.string() + "/.", to.string()});
  INFO(copied.output);
  REQUIRE(copied.exit_code == 0);
}

}  // namespace

// Made below $TMPDIR, for a root directory does not have every build directory in it; renamed when it is complete, so
// that a killed test leaves no half one. The lock goes with the process.
std::filesystem::path first_data_of_mysql() {
  const std::filesystem::path root = server_root("mysql-9.7");
  const std::filesystem::path made =
      std::filesystem::path(FIRST_DATA) / ("mysql-9.7-" + identity_of(root / "usr/sbin/mysqld"));
  std::filesystem::create_directories(made.parent_path());
  const Fd lock(::open((made.string() + ".lock").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(lock.valid());
  REQUIRE(::flock(lock.get(), LOCK_EX) == 0);
  if (std::filesystem::exists(made)) return made;
  const TempDir work;
  const Ran ran = run_to_end(in_root(
      root, {"mysqld", "--no-defaults", "--user=root", "--datadir=" + (work / "data").string(),
             "--tmpdir=" + work.path().string(), "--mysqlx=OFF", "--secure-file-priv=NULL", "--event-scheduler=OFF",
             "--innodb-buffer-pool-size=32M", "--innodb-redo-log-capacity=16M", "--initialize-insecure"}));
  INFO(ran.output);
  REQUIRE(ran.exit_code == 0);
  std::filesystem::remove(work / "data/auto.cnf");  // each server gives itself a UUID
  const std::filesystem::path half = made.string() + ".new";
  std::filesystem::remove_all(half);
  copy_directory(work / "data", half);
  std::filesystem::rename(half, made);
  return made;
}

std::filesystem::path cache_folder() {
  const char* const cache = std::getenv("MYSQL_AGENT_CACHE");
  return cache != nullptr ? cache : "/var/cache/mysql-agent";
}

std::filesystem::path mariadb_plugins() {
  const std::filesystem::path plugins = cache_folder() / "mariadb-plugins";
  if (!std::filesystem::exists(plugins)) FAIL("there is no " << plugins << ": run scripts/setup --servers");
  return plugins;
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
    std::string run = "exec";
    for (const std::string& word : in_root(server_root(name_), {program})) run += " '" + word + "'";
    run += " \"$@\"\n";
    write_script(programs_ / program, run);
    if (program != "mysqld") continue;
    write_script(programs_ / "copying" / program,
                 "for word in \"$@\"; do\n"
                 "  case $word in --datadir=*) data=${word#*=} ;; --initialize-insecure) first=1 ;; esac\n"
                 "done\n"
                 "[ -z \"$first\" ] || exec /bin/cp -a '" +
                     first_data_of_mysql().string() + "/.' \"$data\"\n" + run);
  }
}

// env becomes the program, so a signal reaches that, and it dies with the test.
Arguments TestServer::command(const Arguments& argv, FirstData first_data) const {
  if (chosen_server().programs.empty()) return argv;
  const bool copied = first_data == FirstData::copied && is_mysql();
  Arguments all{"env", "PATH=" + (copied ? programs_ / "copying" : programs_.path()).string()};
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
  // The rest halves the memory that a start fills with zeros, and so its CPU time; and native AIO waits half a second
  // at each shutdown.
  if (is_mysql())
    return lines +
           "innodb_redo_log_capacity=16M\nsecure_file_priv=NULL\nloose_mysqlx=OFF\nevent_scheduler=OFF\n"
           "innodb_log_buffer_size=1M\ninnodb_use_native_aio=OFF\nmax_connections=60\ntable_open_cache=200\n"
           "performance_schema_max_table_instances=200\nperformance_schema_max_thread_instances=120\n"
           "performance_schema_digests_size=100\nperformance_schema_max_file_instances=400\n";
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
