#include "common/server/dialect.hpp"

#include <openssl/sha.h>

#include "common/base/error.hpp"

namespace mysql_agent {

namespace {

// The newest major versions whose words are known. After 9.7 MySQL's numbers go on with 26.7.
constexpr int newest_mysql = 9;
constexpr int newest_mariadb = 12;
constexpr std::size_t mysql_password_characters = 32;

bool is_continuation(unsigned char byte) {
  return (byte & 0xc0) == 0x80;
}

}  // namespace

Dialect::Dialect(const ServerVersion& version) : version_(version) {
  if (mysql() ? !version.at_least(5, 7) : !version.at_least(10, 6))
    throw failed("the server is " + version.text() + ", which is older than this mysql-agent supports",
                 "use MySQL 5.7 or later, or MariaDB 10.6 or later");
}

std::optional<std::string> Dialect::warning() const {
  if (version_.major <= (mysql() ? newest_mysql : newest_mariadb)) return std::nullopt;
  return "the server is " + version_.text() +
         ", newer than this mysql-agent knows: it gets the newest words that are known";
}

namespace {

// MySQL has the new words from these versions on. Later versions have no other words.
bool says_replica(const ServerVersion& version) {
  return version.flavour == Flavour::mariadb || version.at_least(8, 0, 22);
}

// MariaDB knows CHANGE MASTER alone (10.11: CHANGE REPLICATION SOURCE is error 1064).
bool says_source(const ServerVersion& version) {
  return version.flavour == Flavour::mysql && version.at_least(8, 0, 23);
}

std::string with_replica(const ServerVersion& version, const char* before, const char* after) {
  return std::string(before) + (says_replica(version) ? "REPLICA" : "SLAVE") + after;
}

}  // namespace

// MariaDB shows the connection without a name alone, unless it is asked for all.
std::string Dialect::replica_status() const {
  if (!mysql()) return "SHOW ALL REPLICAS STATUS";
  return with_replica(version_, "SHOW ", " STATUS");
}

// Without a channel MySQL takes all of them.
std::string Dialect::start_all_replicas() const {
  return mysql() ? with_replica(version_, "START ", "") : "START ALL REPLICAS";
}

// MariaDB gives the old column names for the new words too (10.11: SHOW REPLICA STATUS has Slave_IO_Running).
ReplicaStatusColumns Dialect::replica_status_columns() const {
  if (mysql() && says_replica(version_))
    return {.source_host = "Source_Host",
            .source_port = "Source_Port",
            .source_user = "Source_User",
            .io_running = "Replica_IO_Running",
            .sql_running = "Replica_SQL_Running",
            .lag_seconds = "Seconds_Behind_Source",
            .executed_file = "Relay_Source_Log_File",
            .executed_offset = "Exec_Source_Log_Pos",
            .received_file = "Source_Log_File",
            .received_offset = "Read_Source_Log_Pos",
            .received_gtids = "Retrieved_Gtid_Set",
            .tls = "Source_SSL_Allowed",
            .retry_count = "Source_Retry_Count"};
  return {.source_host = "Master_Host",
          .source_port = "Master_Port",
          .source_user = "Master_User",
          .io_running = "Slave_IO_Running",
          .sql_running = "Slave_SQL_Running",
          .lag_seconds = "Seconds_Behind_Master",
          .executed_file = "Relay_Master_Log_File",
          .executed_offset = "Exec_Master_Log_Pos",
          .received_file = "Master_Log_File",
          .received_offset = "Read_Master_Log_Pos",
          .received_gtids = mysql() ? "Retrieved_Gtid_Set" : "Gtid_IO_Pos",
          .tls = "Master_SSL_Allowed",
          .retry_count = "Master_Retry_Count"};
}

// Without it MySQL takes all channels. MariaDB takes the connection without a name.
std::string Dialect::for_own_channel() const {
  return mysql() ? " FOR CHANNEL ''" : "";
}

std::string Dialect::stop_replica() const {
  return with_replica(version_, "STOP ", "") + for_own_channel();
}

std::string Dialect::stop_receiver() const {
  return with_replica(version_, "STOP ", " IO_THREAD") + for_own_channel();
}

std::string Dialect::start_applier() const {
  return with_replica(version_, "START ", " SQL_THREAD") + for_own_channel();
}

std::string Dialect::start_replica() const {
  return with_replica(version_, "START ", "") + for_own_channel();
}

std::string Dialect::forget_source() const {
  return with_replica(version_, "RESET ", " ALL") + for_own_channel();
}

// MySQL lets gtid_purged be set freely only while no GTID is executed. So the reset comes first.
std::vector<std::string> Dialect::set_position(std::string_view gtids) const {
  if (!mysql()) return {"SET GLOBAL gtid_slave_pos = " + sql_quoted(gtids)};
  return {version_.at_least(8, 2) ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER",
          "SET GLOBAL gtid_purged = " + sql_quoted(gtids)};
}

std::string Dialect::point_to_source(const SourceAddress& source, std::chrono::seconds connect_retry,
                                     const SourceSettings& settings) const {
  check_replication_password(source.password);
  const std::string word = says_source(version_) ? "SOURCE" : "MASTER";
  std::string out = says_source(version_) ? "CHANGE REPLICATION SOURCE TO " : "CHANGE MASTER TO ";
  out += word + "_HOST = " + sql_quoted(source.host) + ", " + word + "_PORT = " + std::to_string(source.port) + ", " +
         word + "_USER = " + sql_quoted(source.user) + ", " + word +
         "_PASSWORD = " + sql_quoted(source.password.reveal()) + ", " + word +
         "_CONNECT_RETRY = " + std::to_string(connect_retry.count());
  if (mysql()) {
    // A server that connects again by itself does not ask whose server it finds; the sidecar does. A retry count of 0
    // would mean for ever.
    out += ", " + word + "_RETRY_COUNT = 1, " + word + "_SSL = " + (settings.tls ? "1" : "0");
    // caching_sha2_password, the default from 8.0.4 on, needs the public key if there is no TLS.
    if (version_.at_least(8, 0, 4)) out += ", GET_" + word + "_PUBLIC_KEY = 1";
  } else if (settings.demand_tls) {
    // A certificate that the source made itself has no CA.
    out += ", MASTER_SSL = 1, MASTER_SSL_VERIFY_SERVER_CERT = 0";
  } else if (!settings.tls) {
    out += ", MASTER_SSL = 0";  // from 11.4 on TLS is the default
  }
  if (settings.delay_seconds != 0) out += ", " + word + "_DELAY = " + std::to_string(settings.delay_seconds);
  if (!settings.by_gtid)
    return out + (mysql() ? ", " + word + "_AUTO_POSITION = 0" : "") + ", " + word +
           "_LOG_FILE = " + sql_quoted(settings.start.binlog_file) + ", " + word +
           "_LOG_POS = " + std::to_string(settings.start.binlog_offset) + for_own_channel();
  return out + (mysql() ? ", " + word + "_AUTO_POSITION = 1" : ", MASTER_USE_GTID = slave_pos") + for_own_channel();
}

// MariaDB has server_uid from 10.11.9 and its sibling releases on. The subquery by name gives NULL on an older server,
// where @@server_uid would be an error. MySQL breaks a long GTID set into lines.
std::string Dialect::server_facts() const {
  const std::string common =
      "SELECT @@GLOBAL.server_id AS server_id, @@GLOBAL.port AS port, @@GLOBAL.read_only AS read_only,"
      " @@GLOBAL.log_bin AS log_bin, @@GLOBAL.lower_case_table_names AS lower_case_table_names, "
      "@@GLOBAL.innodb_page_size AS page_size, UNIX_TIMESTAMP() AS now, @@GLOBAL.init_file AS init_file,"
      " @@GLOBAL.event_scheduler = 'ON' AS runs_events, @@GLOBAL.sync_binlog AS sync_binlog,"
      " @@GLOBAL.innodb_flush_log_at_trx_commit AS flush_log,"
      " COALESCE(LOCATE(@@GLOBAL.datadir, @@GLOBAL.log_bin_basename) = 1, 0) AS log_in_data,";
  if (!mysql())
    return common +
           " (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_VARIABLES WHERE VARIABLE_NAME = 'SERVER_UID') AS "
           "uuid,"
           " (SELECT GROUP_CONCAT(PLUGIN_LIBRARY SEPARATOR ';') FROM information_schema.PLUGINS WHERE PLUGIN_STATUS = "
           "'ACTIVE' AND (PLUGIN_TYPE = 'ENCRYPTION' OR LEFT(PLUGIN_NAME, 9) = 'provider_')) AS page_plugins,"
           " 1 AS by_gtid, @@GLOBAL.log_slave_updates AS logs_replicated, @@GLOBAL.gtid_strict_mode AS gtid_strict,"
           " @@GLOBAL.gtid_slave_pos AS applied, @@GLOBAL.gtid_binlog_pos AS logged, @@GLOBAL.gtid_current_pos AS told";
  return common + " @@GLOBAL." + logs_replicated_option() +
         " AS logs_replicated, @@GLOBAL.super_read_only AS super_read_only,"
         " @@GLOBAL.server_uuid AS uuid, @@GLOBAL.gtid_mode = 'ON' AS by_gtid,"
         " REPLACE(@@GLOBAL.gtid_executed, '\n', '') AS executed, REPLACE(@@GLOBAL.gtid_purged, '\n', '') AS log_start";
}

std::string Dialect::skipping_options() const {
  const std::string word = mysql() && version_.at_least(8, 0, 26) ? "replica" : "slave";
  return "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('" + word + "_skip_errors', '" + word +
         "_exec_mode', 'replicate_events_marked_for_skip')";
}

// MySQL has these tables from 8.0.11 on. MariaDB's variables are those of the default connection; replicate_rewrite_db
// is a variable from 10.11 on.
std::string Dialect::replication_filters() const {
  if (!mysql())
    return "SELECT LOWER(VARIABLE_NAME) AS name, VARIABLE_VALUE AS value FROM information_schema.GLOBAL_VARIABLES "
           "WHERE VARIABLE_NAME IN ('REPLICATE_DO_DB', 'REPLICATE_IGNORE_DB', 'REPLICATE_DO_TABLE', "
           "'REPLICATE_IGNORE_TABLE', 'REPLICATE_WILD_DO_TABLE', 'REPLICATE_WILD_IGNORE_TABLE', "
           "'REPLICATE_REWRITE_DB') AND VARIABLE_VALUE <> ''";
  if (!version_.at_least(8, 0, 11)) return "";
  return "SELECT LOWER(FILTER_NAME) AS name, FILTER_RULE AS value FROM "
         "performance_schema.replication_applier_filters WHERE FILTER_RULE <> '' UNION "
         "SELECT LOWER(FILTER_NAME), FILTER_RULE FROM performance_schema.replication_applier_global_filters "
         "WHERE FILTER_RULE <> ''";
}

// MySQL has the new words from 8.2 on, and no others from 8.4 on.
std::string Dialect::log_status() const {
  return mysql() && version_.at_least(8, 2) ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
}

std::string Dialect::uptime() const {
  return "SHOW GLOBAL STATUS LIKE 'Uptime'";
}

std::string Dialect::binlog_format() const {
  return "SHOW GLOBAL VARIABLES LIKE 'binlog_format'";
}

std::string Dialect::logs_replicated_option() const {
  return mysql() && version_.at_least(8, 0, 26) ? "log_replica_updates" : "log_slave_updates";
}

// MySQL takes super_read_only off with read_only, and sets read_only with super_read_only (8.0 to 9.7).
std::string Dialect::let_write() const {
  return "SET GLOBAL read_only = OFF";
}

std::string Dialect::let_nobody_write() const {
  return mysql() ? "SET GLOBAL super_read_only = ON" : "SET GLOBAL read_only = ON";
}

std::string Dialect::reset_log() const {
  return mysql() && version_.at_least(8, 2) ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER";
}

std::string Dialect::begin_log_at(std::string_view gtids) const {
  if (!mysql()) return "SET GLOBAL gtid_binlog_state = " + sql_quoted(gtids);
  return "SET GLOBAL gtid_purged = " + sql_quoted((version_.at_least(8, 0) ? "+" : "") + std::string(gtids));
}

std::vector<std::string> Dialect::lock_writes() const {
  return {"SET SESSION lock_wait_timeout = 1", "FLUSH TABLES WITH READ LOCK"};
}

std::vector<std::string> Dialect::unlock_writes() const {
  return {"UNLOCK TABLES", "SET SESSION lock_wait_timeout = DEFAULT"};
}

std::string Dialect::be_strict() const {
  return "SET GLOBAL gtid_strict_mode = ON";
}

std::string Dialect::set_server_id(std::uint32_t id) const {
  return "SET GLOBAL server_id = " + std::to_string(id);
}

std::string Dialect::binary_logs() const {
  return "SHOW BINARY LOGS";
}

// A GTID list event is at the beginning of each log file; 4 is the offset of the first event.
std::string Dialect::log_start(std::string_view file) const {
  return "SELECT BINLOG_GTID_POS(" + sql_quoted(file) + ", 4) AS log_start";
}

std::string Dialect::logged_by_server() const {
  return "SELECT @@GLOBAL.gtid_binlog_state AS logged";
}

std::string Dialect::connected_replicas() const {
  return "SHOW SLAVE HOSTS";
}

std::string Dialect::engine_of(std::string_view table) {
  return "SELECT UPPER(ENGINE) AS engine FROM information_schema.TABLES WHERE CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) "
         "= " +
         sql_quoted(table);
}

std::string Dialect::scheduled_events() const {
  return "SELECT EVENT_SCHEMA AS `schema`, EVENT_NAME AS name, STATUS AS status, DEFINER AS definer FROM "
         "information_schema.EVENTS";
}

// Without this DEFINER the session's account would become the definer.
std::string Dialect::enable_event(std::string_view quoted_name, std::string_view definer) const {
  const std::size_t at = definer.rfind('@');
  return "ALTER DEFINER = " + sql_quoted(definer.substr(0, at)) + "@" +
         sql_quoted(at == std::string_view::npos ? "%" : definer.substr(at + 1)) + " EVENT " +
         std::string(quoted_name) + " ENABLE";
}

std::string Dialect::run_events() const {
  return "SET GLOBAL event_scheduler = ON";
}

std::string Dialect::run_no_events() const {
  return "SET GLOBAL event_scheduler = OFF";
}

std::string Dialect::log_events(std::string_view file, std::uint64_t from, unsigned count) const {
  return "SHOW BINLOG EVENTS IN " + sql_quoted(file) + " FROM " + std::to_string(from) + " LIMIT " +
         std::to_string(count);
}

std::string Dialect::processes() const {
  return "SHOW PROCESSLIST";
}

// mysql.user is a table on MySQL, and a view on MariaDB.
std::string Dialect::account(std::string_view user) const {
  return "SELECT plugin, authentication_string, Repl_slave_priv AS replication FROM mysql.user WHERE Host = '%' AND "
         "User = " +
         sql_quoted(user);
}

std::string Dialect::create_account(std::string_view user, const Secret& password) const {
  return "CREATE USER IF NOT EXISTS " + sql_quoted(user) + "@'%' " + identified(password);
}

std::string Dialect::set_account_password(std::string_view user, const Secret& password) const {
  return "ALTER USER " + sql_quoted(user) + "@'%' " + identified(password);
}

// The plugin is named, so that the server's default does not matter. MySQL hashes the password itself, in the binary
// log too.
std::string Dialect::identified(const Secret& password) const {
  if (!mysql()) return "IDENTIFIED VIA mysql_native_password USING " + sql_quoted(native_password_hash(password));
  const char* const plugin = version_.at_least(8, 0, 4) ? "caching_sha2_password" : "mysql_native_password";
  return std::string("IDENTIFIED WITH ") + plugin + " BY " + sql_quoted(password.reveal());
}

std::string Dialect::grant_replication(std::string_view user) const {
  return "GRANT REPLICATION SLAVE ON *.* TO " + sql_quoted(user) + "@'%'";
}

void Dialect::check_replication_password(const Secret& password) const {
  std::size_t characters = 0;
  for (const char c : password.reveal()) {
    const auto byte = static_cast<unsigned char>(c);
    if (!is_continuation(byte)) ++characters;
    if (byte < 0x20 || byte == 0x7f || byte >= 0xf0)
      throw usage_error(
          "the replication password has a control character or one of 4 bytes in UTF-8, which a replica cannot keep",
          "choose another for --replication-password-file");
  }
  if (mysql() && characters > mysql_password_characters)
    throw usage_error("the replication password has " + std::to_string(characters) +
                          " characters, and MySQL keeps at most " + std::to_string(mysql_password_characters) +
                          " for a replica",
                      "choose a shorter one for --replication-password-file");
}

std::string Dialect::clone_plugin_status() const {
  return "SELECT PLUGIN_STATUS AS status FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone'";
}

// The server does not write this statement to the binary log: each server installs the plugin itself.
std::string Dialect::install_clone_plugin() const {
  return "INSTALL PLUGIN clone SONAME 'mysql_clone.so'";
}

std::string Dialect::clone_privilege(std::string_view user) const {
  return "SELECT 1 AS granted FROM mysql.global_grants WHERE PRIV = 'BACKUP_ADMIN' AND HOST = '%' AND USER = " +
         sql_quoted(user);
}

std::string Dialect::grant_clone(std::string_view user) const {
  return "GRANT BACKUP_ADMIN ON *.* TO " + sql_quoted(user) + "@'%'";
}

bool has_clone_plugin(const ServerVersion& version) {
  return version.flavour == Flavour::mysql && version.at_least(8, 0, 17);
}

// The rows of MEMORY tables go with each restart of a server anyhow, and BLACKHOLE and FEDERATED tables keep none. A
// view has no engine. MySQL 9.7 makes the other tables on the recipient without their rows.
std::string tables_that_clones_leave_empty() {
  return "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) AS name, COUNT(*) OVER () AS all_of_them"
         " FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE'"
         " AND TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')"
         " AND ENGINE NOT IN ('InnoDB', 'MEMORY', 'BLACKHOLE', 'FEDERATED') ORDER BY 1 LIMIT 5";
}

// Absolute paths are those of DATA DIRECTORY, and of general and undo tablespaces that were made by them.
std::string files_outside_data_dir() {
  return "SELECT FILE_NAME AS name, COUNT(*) OVER () AS all_of_them FROM information_schema.FILES WHERE FILE_NAME LIKE "
         "'/%' AND LEFT(FILE_NAME, CHAR_LENGTH(@@GLOBAL.datadir)) <> @@GLOBAL.datadir AND FILE_TYPE <> 'TEMPORARY' "
         "ORDER BY 1 LIMIT 5";
}

std::string take_bytes_as_they_are() {
  return "SET NAMES binary";
}

std::string allow_clone_donor(std::string_view host, std::uint16_t port) {
  return "SET GLOBAL clone_valid_donor_list = " + sql_quoted(std::string(host) + ":" + std::to_string(port));
}

std::string clone_instance(const SourceAddress& donor, bool require_tls) {
  return "CLONE INSTANCE FROM " + sql_quoted(donor.user) + "@" + sql_quoted(donor.host) + ":" +
         std::to_string(donor.port) + " IDENTIFIED BY " + sql_quoted(donor.password.reveal()) +
         (require_tls ? " REQUIRE SSL" : "");
}

std::string clone_status() {
  return "SELECT STATE AS state, ERROR_NO AS error_number, ERROR_MESSAGE AS error, BINLOG_FILE AS binlog_file,"
         " BINLOG_POSITION AS binlog_offset, REPLACE(GTID_EXECUTED, '\n', '') AS gtids,"
         " REPLACE(@@GLOBAL.gtid_executed, '\n', '') AS executed FROM performance_schema.clone_status";
}

std::string clone_progress() {
  return "SELECT IFNULL(SUM(DATA), 0) AS bytes, MAX(IF(STATE = 'In Progress', STAGE, '')) AS stage FROM "
         "performance_schema.clone_progress";
}

std::string set_root_password(const Secret& password) {
  return "ALTER USER 'root'@'localhost' IDENTIFIED BY " + sql_quoted(password.reveal());
}

// The hash is used, so that the bootstrapping server never has the password itself.
std::vector<std::string> mariadb_bootstrap_accounts(const Secret& root_password) {
  std::vector<std::string> out{"DELETE FROM mysql.global_priv WHERE User = ''"};
  if (!root_password.empty())
    out.push_back(
        "UPDATE mysql.global_priv SET Priv = JSON_SET(Priv, '$.plugin', 'mysql_native_password', "
        "'$.authentication_string', " +
        sql_quoted(native_password_hash(root_password)) + ") WHERE User = 'root'");
  out.push_back("FLUSH PRIVILEGES");
  return out;
}

// MariaDB alone reads what is in /*M! */, and MySQL alone what is in /*!80000 */.
std::string session_setup() {
  return "SET SESSION sql_mode = '', autocommit = 1, wait_timeout = 28800/*M! , max_statement_time = 0 */"
         "/*!80000 , max_execution_time = 0 */, NAMES utf8mb4";
}

// MySQL hides passwords in its slow log by itself, and has no such variable of a session.
std::string session_log(bool on) {
  return std::string("SET SESSION sql_log_off = ") + (on ? "OFF" : "ON") +
         "/*M! , slow_query_log = " + (on ? "DEFAULT" : "OFF") + " */";
}

std::string session_instrumented(bool on) {
  return std::string("UPDATE performance_schema.threads SET INSTRUMENTED = '") + (on ? "YES" : "NO") +
         "' WHERE PROCESSLIST_ID = CONNECTION_ID()";
}

std::string name_quoted(std::string_view name) {
  std::string out = "`";
  for (const char c : name) out += c == '`' ? std::string("``") : std::string(1, c);
  return out + "`";
}

std::string sql_quoted(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    if (c == '\0') out += "\\0";
    else out += c;
  }
  return out + "'";
}

std::string native_password_hash(const Secret& password) {
  if (password.empty()) return "";
  unsigned char once[SHA_DIGEST_LENGTH];
  unsigned char twice[SHA_DIGEST_LENGTH];
  const std::string& text = password.reveal();
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), once);
  SHA1(once, sizeof once, twice);
  std::string out = "*";
  for (const unsigned char byte : twice) {
    constexpr const char* digits = "0123456789ABCDEF";
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

}  // namespace mysql_agent
