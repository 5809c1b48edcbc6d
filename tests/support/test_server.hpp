#pragma once

#include <filesystem>
#include <string>

#include "common/server/server_version.hpp"
#include "tests/support/background.hpp"
#include "tests/support/temp_dir.hpp"

namespace mysql_agent::test {

/// How a test's server comes to the first data directory that somebody asks it for.
enum class FirstData {
  made,   ///< by the server
  copied  ///< from one that MySQL has made before, for tests of what comes later; MariaDB makes it all the same
};

/// The server that the tests run on. MYSQL_AGENT_TEST_SERVER names it: mariadb-10.11 (the default) is this machine's
/// own, mariadb-11.8 and mysql-9.7 are in root directories. The test fails for another name.
class TestServer {
 public:
  TestServer();

  const ServerVersion& version() const { return version_; }  ///< flavour and series; the patch number is 0
  const std::string& name() const { return name_; }
  bool is_mysql() const { return version_.flavour == Flavour::mysql; }
  /// If there is no backup tool, the agent clones by MySQL's clone plugin.
  bool has_backup_tool() const { return !is_mysql(); }

  /// `argv` with the server's programs in its PATH; where the server is in a root directory, with nothing else in it.
  Arguments command(const Arguments& argv, FirstData first_data = FirstData::made) const;
  /// One of its programs, for a shell that needs others too: a path, or a name that PATH knows.
  std::string program(const std::string& name) const;
  std::string server_program() const { return is_mysql() ? "mysqld" : "mariadbd"; }
  /// Lines of an option file, for [mysqld]. With these the server is small, and runs on this machine.
  std::string options() const;

  // SQL that differs by family.
  std::string logged_query() const;       ///< gives the GTIDs in the binary log
  std::string gtid_prefix_query() const;  ///< gives the part before the number in new GTIDs: `0-100-`, `<uuid>:`

 private:
  std::string name_;
  ServerVersion version_;
  TempDir programs_;  ///< scripts that run the programs of a server in a root directory
};

/// The directory of what `scripts/setup --servers` makes for the tests.
std::filesystem::path cache_folder();
/// The root directory `name` that `scripts/setup --servers` makes. The test fails if it is missing, or without root.
std::filesystem::path server_root(const std::string& name);
/// The folder of MariaDB 10.11's plugins for compressed and encrypted pages. The test fails if it is missing.
std::filesystem::path mariadb_plugins();
/// A data directory of MySQL 9.7 as --initialize-insecure makes it, without the server's UUID. It is made once for a
/// build directory and a server program, whichever test asks first; to be copied.
std::filesystem::path first_data_of_mysql();
/// Runs a program of a root directory on this machine's files, see scripts/in-root.
Arguments in_root(const std::filesystem::path& root, const Arguments& argv);

}  // namespace mysql_agent::test
