#include "common/dialect.hpp"

#include <openssl/sha.h>

#include "common/error.hpp"

namespace mysql_agent {

namespace {

const Secret& checked(const Secret& password) {
  for (const char c : password.reveal()) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || byte >= 0xf0)
      throw usage_error("the replication password has a control character or one of 4 bytes in UTF-8, which MariaDB cannot keep",
                        "choose another for --replication-password-file");
  }
  return password;
}

}  // namespace

Dialect::Dialect(const ServerVersion& version) : version_(version) {
  if (version.flavour == Flavour::mysql)
    throw failed("the server is " + version.text() + ", which this mysql-agent does not speak",
                 "use MariaDB 10.6 or later");
  if (!version.at_least(10, 6))
    throw failed("the server is " + version.text() + ", which is older than this mysql-agent supports",
                 "use MariaDB 10.6 or later");
}

// MariaDB keeps the old column names for the new words too (10.11: SHOW REPLICA STATUS gives Slave_IO_Running).
std::string Dialect::replica_status() const {
  return "SHOW REPLICA STATUS";
}

ReplicaStatusColumns Dialect::replica_status_columns() const {
  return {"Master_Host", "Master_Port", "Master_User", "Slave_IO_Running", "Slave_SQL_Running", "Seconds_Behind_Master"};
}

std::string Dialect::stop_replica() const {
  return "STOP REPLICA";
}

std::string Dialect::start_replica() const {
  return "START REPLICA";
}

std::string Dialect::forget_source() const {
  return "RESET REPLICA ALL";
}

std::string Dialect::set_position(std::string_view gtids) const {
  return "SET GLOBAL gtid_slave_pos = " + sql_quoted(gtids);
}

// CHANGE MASTER is the only form that MariaDB knows (CHANGE REPLICATION SOURCE: 1064 on 10.11).
std::string Dialect::point_to_source(const SourceAddress& source, std::chrono::seconds connect_retry) const {
  return "CHANGE MASTER TO MASTER_HOST = " + sql_quoted(source.host) + ", MASTER_PORT = " + std::to_string(source.port) +
         ", MASTER_USER = " + sql_quoted(source.user) + ", MASTER_PASSWORD = " + sql_quoted(checked(source.password).reveal()) +
         ", MASTER_CONNECT_RETRY = " + std::to_string(connect_retry.count()) + ", MASTER_USE_GTID = slave_pos";
}

// server_uid came with 10.11.9 and its siblings; asking for it by SHOW gives no row before, instead of an error.
std::string Dialect::server_facts() const {
  return "SELECT VERSION() AS version,"
         " (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_VARIABLES WHERE VARIABLE_NAME = 'SERVER_UID') AS uuid,"
         " @@GLOBAL.server_id AS server_id, @@GLOBAL.read_only AS read_only, @@GLOBAL.log_bin AS log_bin,"
         " @@GLOBAL.gtid_slave_pos AS applied, @@GLOBAL.gtid_binlog_pos AS logged, @@GLOBAL.gtid_current_pos AS executed";
}

std::string Dialect::create_replication_account(std::string_view user, const Secret& password) const {
  return "CREATE USER IF NOT EXISTS " + sql_quoted(user) + "@'%' IDENTIFIED VIA mysql_native_password USING " +
         sql_quoted(native_password_hash(checked(password)));
}

std::string Dialect::set_replication_password(std::string_view user, const Secret& password) const {
  return "ALTER USER " + sql_quoted(user) + "@'%' IDENTIFIED VIA mysql_native_password USING " +
         sql_quoted(native_password_hash(checked(password)));
}

std::string Dialect::grant_replication(std::string_view user) const {
  return "GRANT REPLICATION SLAVE ON *.* TO " + sql_quoted(user) + "@'%'";
}

std::string session_setup() {
  return "SET SESSION sql_mode = '', NAMES utf8mb4";
}

std::string session_log(bool on) {
  return std::string("SET SESSION sql_log_off = ") + (on ? "OFF" : "ON");
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
