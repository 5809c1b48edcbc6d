#include "agent/clone/staging_server.hpp"

#include <unistd.h>

#include <algorithm>

#include "tests/support/error_of.hpp"

using namespace mysql_agent;

namespace {

using Arguments = std::vector<std::string>;

StagingServerOptions options_at(const std::string& data_dir, const std::string& defaults_file = "") {
  return {{data_dir}, {"/usr/sbin/mysqld", {Flavour::mysql, 9, 7, 4}}, defaults_file};
}

bool has(const Arguments& arguments, const std::string& argument) {
  return std::find(arguments.begin(), arguments.end(), argument) != arguments.end();
}

}  // namespace

TEST_CASE("a server on staging gets its option file first, its places, what must be off, and what the caller adds") {
  Arguments expected{
      "/usr/sbin/mysqld",
      "--defaults-file=/etc/my agent.cnf",
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
  CHECK(staging_server_arguments(options_at("/d", "/etc/my agent.cnf"), {"--first", "--second=2"}) == expected);
}

TEST_CASE("a server on staging without an option file of ours reads its default ones") {
  const Arguments arguments = staging_server_arguments(options_at("/d"), {});
  CHECK(arguments[0] == "/usr/sbin/mysqld");
  CHECK(arguments[1] == "--datadir=/d/.mysql-agent/staging");
  for (const std::string& argument : arguments) CHECK_THAT(argument, !Catch::Contains("defaults"));
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
