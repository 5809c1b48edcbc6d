#pragma once

#include <filesystem>
#include <string>

#include "common/server/server_version.hpp"
#include "tests/support/background.hpp"
#include "tests/support/temp_dir.hpp"

namespace mysql_agent::test {

/// The server that the tests run on. MYSQL_AGENT_TEST_SERVER names the server. mariadb-10.11, the default, is installed
/// on this machine; mariadb-11.8 and mysql-9.7 are in root directories. The test fails for any other name.
class TestServer {
 public:
  TestServer();

  const ServerVersion& version() const { return version_; }  ///< flavour and series; the patch number is 0
  const std::string& name() const { return name_; }
  bool is_mysql() const { return version_.flavour == Flavour::mysql; }
  /// If there is no backup tool, the agent clones by MySQL's clone plugin.
  bool has_backup_tool() const { return !is_mysql(); }

  /// `argv` as it runs with the server's programs in PATH. For a server in a root directory PATH has nothing else.
  Arguments command(const Arguments& argv) const;
  /// A program of the server, as a path or as a name that PATH knows. For a shell that needs other programs too.
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
/// argv that runs a program of a root directory on this machine's files, by scripts/in-root.
Arguments in_root(const std::filesystem::path& root, const Arguments& argv);

}  // namespace mysql_agent::test
