#include "tests/support/comparison.hpp"

namespace mysql_agent::test {
namespace {

constexpr std::chrono::seconds query_within{60};

std::string column(const Row& row, const char* name) {
  return row.at(name).value_or("NULL");
}

}  // namespace

Tables tables_of(const TestSet& set, int ordinal) {
  MysqlClient client(set.login(ordinal), query_within);
  client.execute("SET SESSION group_concat_max_len = 100000");
  const auto tables = client.query(
      "SELECT CONCAT('`', c.TABLE_SCHEMA, '`.`', c.TABLE_NAME, '`') AS name, "
      "GROUP_CONCAT(c.COLUMN_NAME, ' ', c.COLUMN_TYPE ORDER BY c.ORDINAL_POSITION) AS columns_of, "
      "GROUP_CONCAT('IFNULL(HEX(`', c.COLUMN_NAME, '`), 1)' ORDER BY c.ORDINAL_POSITION) AS values_of "
      "FROM information_schema.COLUMNS c JOIN information_schema.TABLES t "
      "ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME WHERE t.TABLE_TYPE = 'BASE TABLE' AND "
      "c.TABLE_SCHEMA NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema') "
      "GROUP BY c.TABLE_SCHEMA, c.TABLE_NAME");
  Tables out;
  for (const Row& table : tables) {
    // A sum does not depend on the order, and counts a row that is there twice twice.
    const auto rows = client.query("SELECT COUNT(*) AS count_of, IFNULL(SUM(CRC32(CONCAT_WS('|', " +
                                   column(table, "values_of") + "))), 0) AS sum_of FROM " + column(table, "name"));
    out[column(table, "name")] = column(table, "columns_of") + "; " + column(rows.at(0), "count_of") + " rows, sum " +
                                 column(rows.at(0), "sum_of");
  }
  return out;
}

std::string difference(const Tables& primary, const Tables& replica) {
  std::string out;
  const auto in = [](const Tables& tables, const std::string& name) {
    const auto at = tables.find(name);
    return at == tables.end() ? std::string("is missing") : at->second;
  };
  for (const auto& [name, content] : primary)
    if (in(replica, name) != content)
      out += name + ": primary " + content + "\n    this pod " + in(replica, name) + "\n";
  for (const auto& [name, content] : replica)
    if (primary.count(name) == 0) out += name + ": primary is missing\n    this pod " + content + "\n";
  return out;
}

bool wait_for_primary(const TestSet& set, int replica, std::chrono::seconds within) {
  const std::string position = set.logged(0);
  const std::string seconds = std::to_string(within.count());
  // A connection's time limit must be longer than the wait.
  MysqlClient client(set.login(replica), within + std::chrono::seconds(10));
  const std::string wait = set.kind().is_mysql() ? "SELECT WAIT_FOR_EXECUTED_GTID_SET('" : "SELECT MASTER_GTID_WAIT('";
  const auto rows = client.query(wait + position + "', " + seconds + ") AS timed_out");
  return column(rows.at(0), "timed_out") == "0";
}

}  // namespace mysql_agent::test
