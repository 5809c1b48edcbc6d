#include "common/server/server_facts.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <cstdlib>
#include <set>

#include "common/server/mariadb_gtid.hpp"
#include "common/server/server_settings.hpp"

namespace mysql_agent {
namespace {

std::uint64_t number_of(const Row& row, const char* column) {
  return std::strtoull(text_of(row, column).c_str(), nullptr, 10);
}

ReplicationThread thread_of(const Row& row, const char* running, const char* number, const char* error) {
  const std::string state = text_of(row, running);
  // On MariaDB the state is `Preparing` while the thread starts.
  return {.running = state == "Yes",
          .connecting = state == "Connecting" || state == "Preparing",
          .error_number = static_cast<int>(number_of(row, number)),
          .error = text_of(row, error)};
}

ReplicaStatus replica_status(const Row& row, const Dialect& dialect) {
  const ReplicaStatusColumns columns = dialect.replica_status_columns();
  ReplicaStatus status;
  status.source_host = text_of(row, columns.source_host);
  status.source_port = static_cast<std::uint16_t>(number_of(row, columns.source_port));
  status.source_user = text_of(row, columns.source_user);
  // MariaDB has the column Using_Gtid, MySQL the column Auto_Position.
  status.by_gtid = text_of(row, "Using_Gtid") == "Slave_Pos" || text_of(row, "Auto_Position") == "1";
  status.delay_seconds = static_cast<std::uint32_t>(number_of(row, "SQL_Delay"));
  status.tls = text_of(row, columns.tls) == "Yes";
  const std::string retries = text_of(row, columns.retry_count);
  status.connects_again = !retries.empty() && retries != "1";
  status.executed.binlog_file = text_of(row, columns.executed_file);
  status.executed.binlog_offset = number_of(row, columns.executed_offset);
  status.received = {.gtid = text_of(row, columns.received_gtids),
                     .binlog_file = text_of(row, columns.received_file),
                     .binlog_offset = number_of(row, columns.received_offset)};
  status.io = thread_of(row, columns.io_running, "Last_IO_Errno", "Last_IO_Error");
  status.sql = thread_of(row, columns.sql_running, "Last_SQL_Errno", "Last_SQL_Error");
  if (!text_of(row, columns.lag_seconds).empty()) status.lag_seconds = number_of(row, columns.lag_seconds);
  return status;
}

OtherChannel other_channel(const std::string& name, const ReplicaStatus& status) {
  return {.name = name,
          .source = status.source_host + ":" + std::to_string(status.source_port),
          .running = status.io.running && status.sql.running,
          .error = status.sql.error.empty() ? status.io.error : status.sql.error};
}

std::string mariadb_log_start(MysqlClient& client, const Dialect& dialect) {
  const auto files = log_files(client, dialect);
  return files.empty() ? "" : position_before(client, dialect, files.front());
}

// Adds the columns of `row` whose names begin with `prefix`, as `replicate_ignore_db=logs`.
void add_filters(std::set<std::string>& to, const Row& row, std::string_view prefix) {
  for (const auto& [name, value] : row)
    if (name.starts_with(prefix) && value && !value->empty()) to.insert(boost::to_lower_copy(name) + "=" + *value);
}

// An account of the agent need not have these privileges: then the replica's status alone tells of filters.
std::vector<Row> query_if_allowed(MysqlClient& client, const std::string& query) {
  try {
    return client.query(query);
  } catch (const SqlError& error) {
    if (error.number() == server_error::table_access_denied || error.number() == server_error::privilege_missing)
      return {};
    throw;
  }
}

std::string filters_of(MysqlClient& client, const Dialect& dialect, const std::vector<Row>& replica,
                       const std::vector<Row>& log) {
  std::set<std::string> filters;
  const std::string query = dialect.replication_filters();
  if (!query.empty())
    for (const Row& row : query_if_allowed(client, query))
      filters.insert(text_of(row, "name") + "=" + text_of(row, "value"));
  for (const Row& row : replica) add_filters(filters, row, "Replicate_");
  for (const Row& row : log) add_filters(filters, row, "Binlog_");
  std::string out;
  for (const std::string& filter : filters) out += (out.empty() ? "" : "; ") + filter;
  return out;
}

std::string skips_of(MysqlClient& client, const Dialect& dialect) {
  std::string out;
  for (const Row& row : client.query(dialect.skipping_options())) {
    const std::string value = text_of(row, "Value");
    if (value.empty() || value == "OFF" || value == "STRICT" || value == "REPLICATE") continue;
    out += (out.empty() ? "" : "; ") + text_of(row, "Variable_name") + "=" + value;
  }
  return out;
}

std::string binlog_format_of(MysqlClient& client, const Dialect& dialect) {
  const auto rows = client.query(dialect.binlog_format());
  return rows.empty() ? "" : text_of(rows.front(), "Value");
}

std::int64_t uptime_of(MysqlClient& client, const Dialect& dialect) {
  const auto rows = client.query(dialect.uptime());
  return rows.empty() ? 0 : static_cast<std::int64_t>(number_of(rows.front(), "Value"));
}

}  // namespace

std::vector<std::string> log_files(MysqlClient& client, const Dialect& dialect) {
  std::vector<std::string> files;
  for (const Row& row : client.query(dialect.binary_logs())) files.push_back(text_of(row, "Log_name"));
  return files;
}

std::string position_before(MysqlClient& client, const Dialect& dialect, const std::string& file) {
  const auto rows = client.query(dialect.log_start(file));
  return rows.empty() ? "" : text_of(rows.front(), "log_start");
}

ServerFacts read_server_facts(MysqlClient& client) {
  const std::string version = text_of(client.query("SELECT VERSION() AS version").at(0), "version");
  ServerFacts facts;
  facts.version = parse_server_version(version);
  const Dialect dialect(facts.version);
  const Row row = client.query(dialect.server_facts()).at(0);
  facts.uuid = text_of(row, "uuid");
  facts.server_id = static_cast<std::uint32_t>(number_of(row, "server_id"));
  facts.port = static_cast<std::uint16_t>(number_of(row, "port"));
  facts.lower_case_table_names = static_cast<std::uint32_t>(number_of(row, "lower_case_table_names"));
  facts.page_size = static_cast<std::uint32_t>(number_of(row, "page_size"));
  facts.init_file = text_of(row, "init_file");
  facts.by_gtid = number_of(row, "by_gtid") != 0;
  facts.read_only = number_of(row, "read_only") != 0;
  facts.log_bin = number_of(row, "log_bin") != 0;
  facts.now = static_cast<std::int64_t>(number_of(row, "now"));
  facts.started = facts.now - uptime_of(client, dialect);
  facts.binlog_format = binlog_format_of(client, dialect);
  facts.runs_events = number_of(row, "runs_events") != 0;
  facts.logs_replicated = number_of(row, "logs_replicated") != 0;
  if (facts.version.flavour == Flavour::mysql) facts.super_read_only = number_of(row, "super_read_only") != 0;
  else facts.gtid_strict = number_of(row, "gtid_strict") != 0;
  facts.page_plugins = plugins_in(text_of(row, "page_plugins"));
  facts.executed = text_of(row, "executed");
  facts.applied = text_of(row, "applied");
  facts.logged = text_of(row, "logged");
  facts.told = text_of(row, "told");
  // MariaDB's own sum, gtid_current_pos, leaves out what its log has of other server ids than its present one.
  if (facts.version.flavour == Flavour::mariadb)
    facts.executed = MariadbGtidList::parse(facts.logged).with(MariadbGtidList::parse(facts.applied)).text();
  facts.log_start = text_of(row, "log_start");
  if (facts.version.flavour == Flavour::mariadb && facts.log_bin) facts.log_start = mariadb_log_start(client, dialect);
  if (has_clone_plugin(facts.version)) {
    const auto plugin = client.query(dialect.clone_plugin_status());
    facts.clone_plugin = !plugin.empty() && text_of(plugin.front(), "status") == "ACTIVE";
  }
  const auto channels = client.query(dialect.replica_status());
  for (const Row& channel : channels) {
    // MySQL calls it a channel, MariaDB a connection.
    const std::string name = text_of(channel, "Channel_Name") + text_of(channel, "Connection_name");
    if (name.empty()) facts.replica = replica_status(channel, dialect);
    else facts.other_channels.push_back(other_channel(name, replica_status(channel, dialect)));
  }
  facts.log_in_data = number_of(row, "log_in_data") != 0;
  facts.syncs_log = number_of(row, "sync_binlog") == 1;
  facts.syncs_data = number_of(row, "flush_log") == 1;
  std::vector<Row> log;
  if (facts.log_bin) log = query_if_allowed(client, dialect.log_status());
  if (!log.empty()) {
    facts.log_file = text_of(log.front(), "File");
    facts.log_offset = number_of(log.front(), "Position");
  }
  if (facts.version.flavour == Flavour::mariadb && !facts.log_file.empty())
    facts.log_file_start = position_before(client, dialect, facts.log_file);
  facts.skips = skips_of(client, dialect);
  facts.filters = filters_of(client, dialect, channels, log);
  if (!facts.skips.empty()) facts.filters += (facts.filters.empty() ? "" : "; ") + facts.skips;
  return facts;
}

}  // namespace mysql_agent
