#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/secret.hpp"
#include "common/server/position.hpp"
#include "common/server/server_version.hpp"

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

/// How a replica follows its source.
struct SourceSettings {
  bool by_gtid = true;
  Position start;   ///< where not by GTID: the file of the source and the offset in it
  bool tls = true;  ///< MySQL: encrypt the connection; without, ask for the source's public key alone. MariaDB: its
                    ///< default, or none
};

/// Column names of the replica's status.
struct ReplicaStatusColumns {
  const char* source_host;
  const char* source_port;
  const char* source_user;
  const char* io_running;
  const char* sql_running;
  const char* lag_seconds;
  const char* executed_file;  ///< of the source: how far the SQL thread is
  const char* executed_offset;
  const char* received_file;  ///< how far the I/O thread is
  const char* received_offset;
  const char* received_gtids;
  const char* tls;
  const char* retry_count;  ///< of connections; MySQL only
};

/// All SQL that differs by server, as text; chosen by version, never by trying. Values are escaped by `sql_quoted`,
/// which is right for the session that MysqlClient opens (NO_BACKSLASH_ESCAPES off, utf8mb4). MySQL renamed
/// replication's words in 8.0.22 and 8.0.23 and dropped the old ones in 8.4; MariaDB keeps CHANGE MASTER.
/// https://dev.mysql.com/doc/refman/8.0/en/replication-statements.html , https://mariadb.com/kb/en/change-master-to/
class Dialect {
 public:
  /// Throws failed for a server older than MySQL 5.7 or MariaDB 10.6. A newer one than is known gets the newest words.
  explicit Dialect(const ServerVersion& version);

  /// Empty, or that the server is newer than what this version knows.
  std::string warning() const;

  std::string replica_status() const;
  ReplicaStatusColumns replica_status_columns() const;
  std::string stop_replica() const;
  /// Receives no more, and goes on applying what was received.
  std::string stop_receiver() const;
  std::string start_replica() const;
  std::string forget_source() const;
  /// Where replication starts, by GTID; only while it is stopped and forgotten. On MySQL this empties the binary log.
  std::vector<std::string> set_position(std::string_view gtids) const;
  /// Points to the source. MySQL tries it once and stops, for whose server it is is the sidecar's to ask; MariaDB is
  /// told the same by an option, `master_retry_count` (option_file). Holds the password: run it in an unlogged session
  /// only. Throws usage_error for a password that a replica cannot keep (check_replication_password): one with a
  /// control character or a character of 4 bytes in UTF-8 (the column that it is kept in has at most 3; MariaDB 10.11
  /// says error 1300, MySQL 9.7 keeps a question mark), and on MySQL one of more than 32 characters (error 3056).
  std::string point_to_source(const SourceAddress& source, std::chrono::seconds connect_retry,
                              const SourceSettings& settings) const;
  /// One row: what the server is and how far it has got. Columns: uuid, server_id, port, read_only, log_bin,
  /// lower_case_table_names, page_size, by_gtid, executed (GTIDs), applied (GTIDs that came through replication),
  /// logged (GTIDs in the binary log).
  std::string server_facts() const;

  /// One row, `Value`: seconds since the server's start.
  std::string uptime() const;
  /// Lets the server take writes, or none: on MySQL not even of accounts that may write to a read-only server.
  std::string let_write() const;
  std::string let_nobody_write() const;
  /// Another server id until the server's next start. A replica throws away events of its own id.
  std::string set_server_id(std::uint32_t id) const;

  /// The binary logs, `Log_name`, the oldest one first.
  std::string binary_logs() const;
  /// MariaDB: one row, `log_start`, the GTIDs that are in no log from this one on.
  std::string log_start(std::string_view file) const;

  /// One row where there is this account at any host: `plugin`, `authentication_string`, and `replication`, `Y` with
  /// REPLICATION SLAVE.
  std::string account(std::string_view user) const;
  std::string create_account(std::string_view user, const Secret& password) const;
  std::string set_account_password(std::string_view user, const Secret& password) const;
  std::string grant_replication(std::string_view user) const;
  /// Throws usage_error where a replica could not keep this password: see point_to_source.
  void check_replication_password(const Secret& password) const;

  /// One row with `status` (`ACTIVE`), or none.
  std::string clone_plugin_status() const;
  std::string install_clone_plugin() const;
  /// One row where the account has it.
  std::string clone_privilege(std::string_view user) const;
  std::string grant_clone(std::string_view user) const;

 private:
  std::string identified(const Secret& password) const;
  bool mysql() const { return version_.flavour == Flavour::mysql; }
  ServerVersion version_;
};

/// MySQL's clone plugin came with 8.0.17. https://dev.mysql.com/doc/refman/9.7/en/clone-plugin.html
bool has_clone_plugin(const ServerVersion& version);
/// The clone plugin's statements for the server that takes the clone, in this order. The last one holds the password;
/// the first one makes it arrive as it is: in utf8mb4 the server turns each character of 4 bytes in it into a question
/// mark (9.7).
std::string take_bytes_as_they_are();
std::string allow_clone_donor(std::string_view host, std::uint16_t port);
std::string clone_instance(const SourceAddress& donor, bool require_tls);
/// Columns: state, error_number, error, binlog_file, binlog_offset, gtids, and executed, the GTIDs that the server has
/// now. It survives the server's restart.
std::string clone_status();
/// One row: `bytes` copied so far, and the `stage` that it is in.
std::string clone_progress();
/// The stage that moves the data, and the one in which no byte comes because the recipient writes back what it has.
constexpr const char* clone_copy_stage = "FILE COPY";
constexpr const char* clone_sync_stage = "FILE SYNC";

/// What opens every session of the agent: values are quoted the same everywhere, and nothing waits for ever.
std::string session_setup();
/// Whether the session's statements go to the general log (MariaDB writes CHANGE MASTER and SET PASSWORD there with
/// the password; seen on 10.11).
std::string session_log(bool on);
/// Sets the password of 'root'@'localhost' on a MySQL server.
std::string set_root_password(const Secret& password);
/// For a MariaDB server that is being bootstrapped, and has no grants loaded before these: no anonymous accounts, and
/// root's password, where it is not empty.
std::vector<std::string> mariadb_bootstrap_accounts(const Secret& root_password);

/// A string literal: quotes, backslashes and NUL escaped; everything else, newlines and UTF-8 included, as it is.
std::string sql_quoted(std::string_view value);

/// mysql_native_password's hash, `*` and 40 hex digits: SHA1(SHA1(password)). With it no password travels in SQL text
/// or in the binary log. https://mariadb.com/kb/en/authentication-plugin-mysql_native_password/
std::string native_password_hash(const Secret& password);

/// Error numbers that the agent tells apart. https://mariadb.com/kb/en/mariadb-error-codes/ ,
/// https://dev.mysql.com/doc/mysql-errors/9.7/en/server-error-reference.html , .../client-error-reference.html
namespace server_error {
constexpr int access_denied = 1045;             ///< ER_ACCESS_DENIED_ERROR
constexpr int no_library = 1126;                ///< ER_CANT_OPEN_LIBRARY: the file of a plugin is not there
constexpr int source_fatal_reading_log = 1236;  ///< ER_MASTER_FATAL_ERROR_READING_BINLOG: logs purged or unknown GTID
constexpr int mysql_source_fatal_reading_log =
    13114;  ///< ER_SERVER_SOURCE_FATAL_ERROR_READING_BINLOG, what a replica of MySQL 8.0 or later reports for it
constexpr int mysql_account_locked = 3118;      ///< ER_ACCOUNT_HAS_BEEN_LOCKED
constexpr int mariadb_account_locked = 4151;    ///< ER_ACCOUNT_HAS_BEEN_LOCKED, MariaDB's own number
constexpr int gtid_strict_out_of_order = 1950;  ///< ER_GTID_STRICT_OUT_OF_ORDER: own transactions in the way
constexpr int tls_refused = 2026;               ///< CR_SSL_CONNECTION_ERROR
constexpr int secure_transport_required =
    3159;  ///< ER_SECURE_TRANSPORT_REQUIRED, of both families; MariaDB 10.11 denies access instead
constexpr int login_method_failed = 2061;  ///< CR_AUTH_PLUGIN_ERR
constexpr int restart_failed = 3707;       ///< ER_RESTART_SERVER_FAILED: after a clone, the server's end
constexpr int clone_busy = 3634;           ///< ER_CLONE_TOO_MANY_CONCURRENT_CLONES
constexpr int clone_donor_failed = 3862;   ///< ER_CLONE_DONOR: the text begins with the donor's own number
}  // namespace server_error

}  // namespace mysql_agent
