#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/secret.hpp"
#include "common/server_version.hpp"

namespace mysql_agent {

/// How a replica reaches its source.
struct SourceAddress {
  std::string host;
  std::uint16_t port = 3306;
  std::string user;
  Secret password;
  bool operator==(const SourceAddress& other) const {
    return host == other.host && port == other.port && user == other.user;
  }
};

/// Column names of the replica's status.
struct ReplicaStatusColumns {
  const char* source_host;
  const char* source_port;
  const char* source_user;
  const char* io_running;
  const char* sql_running;
  const char* lag_seconds;
};

/// All SQL that differs by server, as text; chosen by version, never by trying. Values are escaped by `sql_quoted`, which is
/// right for the session that MysqlClient opens (NO_BACKSLASH_ESCAPES off, utf8mb4).
/// Table of differences: https://mariadb.com/kb/en/change-master-to/ , MySQL's manual "SQL Statements for Controlling
/// Replication".
class Dialect {
 public:
  /// Throws failed for a server older than MariaDB 10.6, and for MySQL, which this version does not speak yet.
  explicit Dialect(const ServerVersion& version);

  std::string replica_status() const;
  ReplicaStatusColumns replica_status_columns() const;
  std::string stop_replica() const;
  std::string start_replica() const;
  std::string forget_source() const;
  /// Where replication starts; only while it is stopped and forgotten.
  std::string set_position(std::string_view gtids) const;
  /// Points to the source, by GTID. Holds the password: run it in an unlogged session only.
  /// This and the two that make the account throw usage_error for a password that MariaDB cannot keep for a replica: it
  /// writes it as a line of master.info, which a newline breaks for good, and in a character set of at most 3 bytes (error
  /// 1300). Both seen on 10.11.
  std::string point_to_source(const SourceAddress& source, std::chrono::seconds connect_retry) const;
  /// One row: what the server is and how far it has got. Columns: version, uuid, server_id, read_only, log_bin,
  /// executed (GTIDs), applied (GTIDs that came through replication), logged (GTIDs in the binary log).
  std::string server_facts() const;

  std::string create_replication_account(std::string_view user, const Secret& password) const;
  std::string set_replication_password(std::string_view user, const Secret& password) const;
  std::string grant_replication(std::string_view user) const;

 private:
  ServerVersion version_;
};

/// What opens every session of the agent: values are quoted the same everywhere, and nothing waits for ever.
std::string session_setup();
/// Whether the session's statements go to the general log (MariaDB writes CHANGE MASTER and SET PASSWORD there with
/// the password; seen on 10.11).
std::string session_log(bool on);

/// A string literal: quotes, backslashes and NUL escaped; everything else, newlines and UTF-8 included, as it is.
std::string sql_quoted(std::string_view value);

/// mysql_native_password's hash, `*` and 40 hex digits: SHA1(SHA1(password)). With it no password travels in SQL text
/// or in the binary log. https://mariadb.com/kb/en/authentication-plugin-mysql_native_password/
std::string native_password_hash(const Secret& password);

/// Server error numbers that the agent tells apart. https://mariadb.com/kb/en/mariadb-error-codes/ ,
/// https://dev.mysql.com/doc/mysql-errors/9.7/en/server-error-reference.html
namespace server_error {
constexpr int access_denied = 1045;            ///< ER_ACCESS_DENIED_ERROR
constexpr int source_fatal_reading_log = 1236;  ///< ER_MASTER_FATAL_ERROR_READING_BINLOG: logs purged or unknown GTID
constexpr int mysql_account_locked = 3118;      ///< ER_ACCOUNT_HAS_BEEN_LOCKED
constexpr int mariadb_account_locked = 4151;    ///< ER_ACCOUNT_HAS_BEEN_LOCKED, MariaDB's own number
constexpr int gtid_strict_out_of_order = 1950;  ///< ER_GTID_STRICT_OUT_OF_ORDER: own transactions in the way
}  // namespace server_error

}  // namespace mysql_agent
