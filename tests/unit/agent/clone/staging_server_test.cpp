#include "agent/clone/staging_server.hpp"

#include <unistd.h>

#include <algorithm>

#include "tests/support/error_of.hpp"

using namespace mysql_agent;

namespace {

using Arguments = std::vector<std::string>;

StagingServerOptions options_at(const std::string& data_dir, const std::string& options = "") {
  return {{data_dir}, {"/usr/sbin/mysqld", {Flavour::mysql, 9, 7, 4}}, parse_server_settings("\n" + options, "")};
}

bool has(const Arguments& arguments, const std::string& argument) {
  return std::find(arguments.begin(), arguments.end(), argument) != arguments.end();
}

}  // namespace

TEST_CASE("a server on staging reads no option file, and gets its places, what must be off, and what the caller adds") {
  Arguments expected{
      "/usr/sbin/mysqld",
      "--no-defaults",
      "--datadir=/d/.mysql-agent/staging",
      "--socket=/d/.mysql-agent/run/s",
      "--pid-file=/d/.mysql-agent/run/pid",
      "--tmpdir=/d/.mysql-agent/run",
      "--log-error=/d/.mysql-agent/run/server.err",
      "--skip-networking",
      "--loose-mysqlx=OFF",
      "--general-log=OFF",
      "--slow-query-log=OFF",
      "--skip-log-bin",
      "--loose-skip-replica-start",
      "--loose-skip-slave-start",
      "--event-scheduler=OFF",
      "--read-only=OFF",
      "--super-read-only=OFF",
      "--secure-file-priv=NULL",
      "--performance-schema=ON",
      "--innodb-buffer-pool-size=536870912",  // with more than a GiB for the tests
  };
  if (::geteuid() == 0) expected.push_back("--user=root");
  expected.insert(expected.end(), {"--first", "--second=2"});
  CHECK(staging_server_arguments(options_at("/d"), {"--first", "--second=2"}) == expected);
}

TEST_CASE("of the options here a server on staging gets only what shapes its data, finds keys, or a clone compares") {
  const Arguments arguments = staging_server_arguments(
      options_at("/d",
                 "--innodb-page-size=8k --default_time_zone=Europe/Berlin --lower_case_table_names=1 "
                 "--init_file=/x --early-plugin-load=keyring_file.so --keyring_file_data=/keys/k "
                 "--innodb_undo_directory=/undo --plugin_load_add=mysql_clone.so --loose-clone-ssl-ca=/ca.pem"),
      {});
  CHECK(Arguments(arguments.begin() + 2, arguments.begin() + 8) ==
        Arguments{"--innodb-page-size=8k", "--lower_case_table_names=1", "--early-plugin-load=keyring_file.so",
                  "--keyring_file_data=/keys/k", "--loose-clone-ssl-ca=/ca.pem", "--datadir=/d/.mysql-agent/staging"});
}

TEST_CASE("a data directory whose path is too long for a socket is a usage error") {
  // A socket's path has at most 107 bytes: https://man7.org/linux/man-pages/man7/unix.7.html
  const std::string longest = "/" + std::string(107 - 1 - std::string("/.mysql-agent/run/s").size(), 'd');
  CHECK(has(staging_server_arguments(options_at(longest), {}), "--socket=" + longest + "/.mysql-agent/run/s"));
  const Error error = test::error_of([&] { staging_server_arguments(options_at(longest + "d"), {}); });
  CHECK(error.code() == ExitCode::usage);
  CHECK_THAT(error.what(), Catch::Contains(longest + "d/.mysql-agent/run/s, is too long"));
  CHECK_THAT(error.hint(), Catch::Contains("--data-dir"));
}
