#include "common/server/server_settings.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;

namespace {
// Cut from what MariaDB 10.11 prints; MySQL 9.7 prints the same.
constexpr const char* help =
    "  --innodb-page-size=# \n                      Page size to use for all InnoDB tablespaces.\n"
    "Variables (--variable-name=value)\n"
    "innodb-page-size                                             16384\n"
    "innodb-page-size-more 5\n"
    "innodb-undo-directory                                        (No default value)\n"
    "lower-case-table-names                                       1\n";
}  // namespace

TEST_CASE("a server program's variables are read from the end of its help") {
  const ServerSettings settings = parse_server_settings("", help);
  CHECK(settings.page_size == 16384U);
  CHECK(settings.lower_case_table_names == 1U);
  CHECK(settings.value("innodb_undo_directory").empty());
  CHECK(parse_server_settings("", "") == ServerSettings{});
  CHECK(parse_server_settings("", "innodb-page-size (No default value)\nlower-case-table-names") == ServerSettings{});
}

TEST_CASE("options of the files are read as the server prints them, and count where it has no help") {
  const std::string printed =
      "mysqld would have been started with the following arguments:\n"
      "--innodb-page-size=8k --loose_default-time-zone=Europe/Berlin --skip-name-resolve --init_connect=SET x = 1 "
      "--plugin_load_add=provider_lz4 --plugin-load=a=b.so;c \n";
  const ServerSettings settings = parse_server_settings(printed, "");
  REQUIRE(settings.options.size() == 6);
  CHECK(settings.options[1] ==
        ServerOption{"default_time_zone", "Europe/Berlin", "--loose_default-time-zone=Europe/Berlin"});
  CHECK(settings.options[2] == ServerOption{"skip_name_resolve", "", "--skip-name-resolve"});
  CHECK(settings.options[3].value == "SET x = 1");
  CHECK(settings.page_size == 8192U);
  CHECK(parse_server_settings(printed, help).page_size == 16384U);
  CHECK(loaded_plugins(settings) == std::vector<std::string>{"b", "c", "provider_lz4"});
  CHECK(parse_server_settings("\n-- --x\nmore", "").options.size() == 1);
}
