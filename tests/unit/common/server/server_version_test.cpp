#include "common/server/server_version.hpp"

#include "tests/support/error_of.hpp"
#include "tests/support/versions.hpp"

using namespace mysql_agent;
using test::mariadb_version;
using test::mysql_version;

TEST_CASE("VERSION() of both families is read") {
  const ServerVersion mariadb = mariadb_version(10, 11, 19);
  CHECK(parse_server_version("10.11.19-MariaDB-0+deb12u1-log") == mariadb);
  CHECK(parse_server_version("5.5.5-10.11.19-MariaDB") == mariadb);
  CHECK(parse_server_version("12.0.2-MariaDB-ubu2404") == mariadb_version(12, 0, 2));
  CHECK(parse_server_version("8.0.36-28") == mysql_version(8, 0, 36));
  CHECK(parse_server_version("9.7.4") == mysql_version(9, 7, 4));
  CHECK(parse_server_version("26.7.0-debug") == mysql_version(26, 7, 0));
}

TEST_CASE("a text without three numbers is no version") {
  for (const char* text :
       {"", "MariaDB", "8", "8.4", "8.4.", "8.x.1", "-8.4.3", "8.-4.3", "8,4,3", "99999999999.1.1"}) {
    INFO(text);
    CHECK(test::code_of([&] { parse_server_version(text); }) == ExitCode::failed);
  }
}

TEST_CASE("a series is flavour, major and minor") {
  const ServerVersion version = mariadb_version(10, 11, 6);
  CHECK(version.series() == "10.11");
  CHECK(version.number() == "10.11.6");
  CHECK(version.text() == "mariadb 10.11.6");
  CHECK(version.same_series(mariadb_version(10, 11, 19)));
  CHECK_FALSE(version.same_series(mysql_version(10, 11, 6)));
  CHECK_FALSE(version.same_series(mariadb_version(11, 11, 6)));
  CHECK_FALSE(version.same_series(mariadb_version(10, 6, 6)));
}

TEST_CASE("versions compare by number, not by text") {
  const ServerVersion version = mariadb_version(10, 11, 6);
  CHECK(version.at_least(10, 6));
  CHECK(version.at_least(10, 11, 6));
  CHECK(version.at_least(9, 99));
  CHECK_FALSE(version.at_least(10, 11, 7));
  CHECK_FALSE(version.at_least(11, 0));
}
