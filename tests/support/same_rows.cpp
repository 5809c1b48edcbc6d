#include "tests/support/same_rows.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

namespace mysql_agent::test {

void write_own(const TestSet& set, int ordinal, const std::vector<std::string>& statements) {
  MysqlClient client(set.login(ordinal), std::chrono::seconds(30));
  const bool opens = set.kind().is_mysql() && set.value(ordinal, "SELECT @@GLOBAL.super_read_only") == "1";
  const std::string read_only = set.value(ordinal, "SELECT @@GLOBAL.read_only");
  if (opens) client.execute("SET GLOBAL super_read_only = OFF");
  for (const std::string& statement : statements) client.execute(statement);
  if (opens) client.execute("SET GLOBAL super_read_only = ON");
  CHECK(set.value(ordinal, "SELECT @@GLOBAL.read_only") == read_only);
}

void write_own_rows(const TestSet& set, int ordinal, int count) {
  write_own(
      set, ordinal,
      std::vector<std::string>(static_cast<std::size_t>(count),
                               "INSERT INTO test.rows_of (id, body) SELECT MAX(id) + 1, 'own' FROM test.rows_of"));
}

std::string own_rows(const TestSet& set, int ordinal) {
  return set.value(ordinal, "SELECT COUNT(*) FROM test.rows_of WHERE body = 'own'");
}

std::map<std::string, std::string> table_checksums(const TestSet& set, int ordinal) {
  std::map<std::string, std::string> sums;
  MysqlClient client(set.login(ordinal), std::chrono::seconds(30));
  const auto tables = client.query(
      "SELECT CONCAT('`', TABLE_SCHEMA, '`.`', TABLE_NAME, '`') AS name FROM information_schema.TABLES "
      "WHERE TABLE_TYPE = 'BASE TABLE' AND "
      "TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')");
  for (const Row& table : tables) {
    const std::string& name = table.at("name").value();
    sums[name] = *client.query("SELECT COUNT(*) AS rows_in_it FROM " + name).front().at("rows_in_it") + " rows, sum " +
                 client.query("CHECKSUM TABLE " + name + " EXTENDED").front().at("Checksum").value_or("NULL");
  }
  return sums;
}

void expect_same_tables(const TestSet& set, int ordinal) {
  const auto want = table_checksums(set, 0);
  std::map<std::string, std::string> have;
  std::string error;
  const bool same = eventually(std::chrono::seconds(20), [&] {
    try {
      have = table_checksums(set, ordinal);
      error.clear();
    } catch (const Error& failed) {
      error = failed.what();
    }
    return have == want;
  });
  INFO("pod " << ordinal << " has " << nlohmann::json(have) << error << ", pod 0 has " << nlohmann::json(want));
  CHECK(same);
}

void expect_no_gtid_twice(const TestSet& set, int ordinal) {
  MysqlClient client(set.login(ordinal), std::chrono::seconds(30));
  std::set<std::string> seen;
  std::string twice;
  for (const Row& log : client.query("SHOW BINARY LOGS")) {
    for (const Row& event : client.query("SHOW BINLOG EVENTS IN '" + log.at("Log_name").value() + "'")) {
      const std::string& type = event.at("Event_type").value();
      if (type != "Gtid") continue;
      // `BEGIN GTID 0-100-5` and `GTID 0-100-5`; `SET @@SESSION.GTID_NEXT= '<uuid>:5'`.
      std::string gtid = event.at("Info").value();
      gtid = gtid.substr(gtid.find(set.kind().is_mysql() ? "'" : "GTID ") + (set.kind().is_mysql() ? 0 : 5));
      gtid = gtid.substr(0, gtid.find(' '));
      if (!seen.insert(gtid).second) twice += " " + gtid;
    }
  }
  INFO("pod " << ordinal << " has in its binary logs twice:" << twice);
  CHECK(twice.empty());
  CHECK_FALSE(seen.empty());
}

}  // namespace mysql_agent::test
