#include <catch2/catch.hpp>

#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
using namespace std::chrono_literals;

// MariaDB 10.11's plugins for pages. MySQL has none of them, and the other MariaDB's root directory has no plugins.
namespace {

constexpr int updates = 2000;

std::string load_lz4() {
  return "plugin_dir=" + mariadb_plugins().string() +
         "\nplugin_load_add=provider_lz4\ninnodb_compression_algorithm=lz4\n";
}

std::string encrypt(const TestSet& set) {
  const auto keys = set.config_map() / "keys";
  write_text(keys, "1;a7addd9adea9978fda19f21e6be987880e68ac92632ca052e5bb42b1a506939a\n");
  return "plugin_dir=" + mariadb_plugins().string() +
         "\nplugin_load_add=file_key_management\nfile_key_management_filename=" + keys.string() +
         "\ninnodb_encrypt_tables=ON\ninnodb_encrypt_log=ON\n";
}

void configure_pods(const TestSet& set, const std::string& primary, const std::string& replica) {
  write_text(set.config_map() / "primary.cnf", "[mysqld]\n" + primary);
  write_text(set.config_map() / "replica.cnf", "[mysqld]\n" + replica);
}

// Updates that are in the redo log alone: the pages in the files are older.
void update_in_log(const TestSet& set) {
  MysqlClient client(set.login(0), 60s);
  client.execute("CREATE DATABASE test");
  client.execute("CREATE TABLE test.pages (id INT PRIMARY KEY, body VARCHAR(1000)) PAGE_COMPRESSED=1");
  client.execute(
      "INSERT INTO test.pages WITH d AS (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 "
      "UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) SELECT a.n * 1000 + b.n * "
      "100 + c.n * 10 + e.n, REPEAT('first', 100) FROM d a, d b, d c, d e");
  client.execute("SET GLOBAL innodb_max_dirty_pages_pct = 0");
  REQUIRE(eventually(30s, [&] {
    return set.value(0,
                     "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = "
                     "'INNODB_BUFFER_POOL_PAGES_DIRTY'") == "0";
  }));
  client.execute("SET GLOBAL innodb_max_dirty_pages_pct = 90");
  client.execute("UPDATE test.pages SET body = REPEAT('second', 100) WHERE id < " + std::to_string(updates));
}

void expect_updates(const TestSet& set, int ordinal) {
  CHECK(set.value(ordinal, "SELECT COUNT(*) FROM test.pages WHERE body LIKE 'second%'") == std::to_string(updates));
  CHECK(set.value(ordinal, "SELECT COUNT(*) FROM test.pages") == "10000");
}

}  // namespace

TEST_CASE("a clone of pages that a plugin compresses has every committed row", "[stream][once]") {
  TestSet set;
  configure_pods(set, load_lz4(), load_lz4());
  set.start_pod(0);
  update_in_log(set);
  set.start_pod(1);
  expect_updates(set, 1);
  set.make_rows(10);
  set.expect_same_rows(1);
}

TEST_CASE("a clone of encrypted pages and logs is prepared with the keys of this pod", "[stream][once]") {
  TestSet set;
  configure_pods(set, encrypt(set), encrypt(set));
  set.start_pod(0);
  update_in_log(set);
  set.start_pod(1);
  expect_updates(set, 1);
}

TEST_CASE("a pod without its donor's plugins is refused before a byte is moved", "[stream][once]") {
  TestSet set;
  configure_pods(set, encrypt(set), "");
  set.start_pod(0);
  REQUIRE(set.init(1).exit_code == 0);
  const auto refused = [&](const std::string& words) {
    const Ran ran = set.clone(1);
    INFO(ran.output);
    CHECK(ran.exit_code == 2);
    CHECK_THAT(ran.output, Catch::Contains(words) && Catch::Contains("hint: "));
    CHECK_FALSE(std::filesystem::exists(set.state_file(1)));
  };
  refused("mysql-0's server writes its pages by the plugin file_key_management: the option files here do not load it");
  configure_pods(set, "",
                 "plugin_dir=" + mariadb_plugins().string() +
                     "\nplugin_load_add=file_key_management\nfile_key_management_filename=/no/keys\n");
  REQUIRE(set.init(1).exit_code == 0);
  refused("there is no file /no/keys");
}
