#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/defaults.hpp"
#include "common/base/secret.hpp"
#include "common/server/position.hpp"
#include "common/server/server_version.hpp"

namespace mysql_agent {

/// How a replica reaches its source, or how MySQL's clone plugin reaches its donor.
struct SourceAddress {
  std::string host;
  std::uint16_t port = defaults::mysql_port;
  std::string user;
  Secret password;
  /// Compares all but the password, which no server shows.
  bool operator==(const SourceAddress& other) const {
    return host == other.host && port == other.port && user == other.user;
  }
};

/// How a replica follows its source.
struct SourceSettings {
  bool by_gtid = true;
  Position start{};  ///< used if not `by_gtid`: a binary log file of the source and the offset in it
  /// MySQL: whether the connection is encrypted. From 8.0.4 on the replica also asks for the source's public key, which
  /// a login without TLS needs. MariaDB: true keeps the server's default, false switches TLS off.
  bool tls = true;
  bool demand_tls = false;          ///< MariaDB: TLS is switched on, which is not the default before 11.4
  std::uint32_t delay_seconds = 0;  ///< how far it stays behind on purpose
};

/// The column names of the replica's status (Dialect::replica_status).
struct ReplicaStatusColumns {
  const char* source_host;
  const char* source_port;
  const char* source_user;
  const char* io_running;
  const char* sql_running;
  const char* lag_seconds;
  const char* executed_file;    ///< the source's file up to which the SQL thread has executed
  const char* executed_offset;  ///< the offset in that file, bytes
  const char* received_file;    ///< the source's file up to which the I/O thread has received
  const char* received_offset;  ///< the offset in that file, bytes
  const char* received_gtids;   ///< the GTIDs that the I/O thread has received
  const char* tls;              ///< whether the connection to the source must be encrypted
  const char* retry_count;      ///< how often a connection to the source is tried; MySQL only
};

/// All SQL that differs by server, as text. The version chooses the text; nothing is tried out. Values are escaped by
/// `sql_quoted`, which is right for the session that MysqlClient opens (NO_BACKSLASH_ESCAPES off, utf8mb4).
///
/// MySQL renamed the words of replication in 8.0.22 and 8.0.23, and dropped the old words in 8.4. MariaDB keeps CHANGE
/// MASTER. https://dev.mysql.com/doc/refman/8.0/en/replication-statements.html ,
/// https://mariadb.com/kb/en/change-master-to/
class Dialect {
 public:
  /// Throws failed for a server older than MySQL 5.7 or MariaDB 10.6. A server that is newer than this agent knows gets
  /// the newest words.
  explicit Dialect(const ServerVersion& version);

  /// Says that the server is newer than this agent knows. nullopt: the agent knows it.
  std::optional<std::string> warning() const;

  /// A row for each channel with the columns of replica_status_columns; no row if the server has no source. The name is
  /// `Channel_Name` on MySQL and `Connection_name` on MariaDB. The agent's channel has none, and the statements below
  /// are about that one alone.
  std::string replica_status() const;
  ReplicaStatusColumns replica_status_columns() const;
  std::string stop_replica() const;
  /// Stops the I/O thread: the server receives nothing more, and still applies what it has received.
  std::string stop_receiver() const;
  std::string start_replica() const;
  /// The SQL thread alone.
  std::string start_applier() const;
  /// Starts all sources, not the agent's alone: a person may have given a server several of them (MariaDB's
  /// connections, MySQL's channels).
  std::string start_all_replicas() const;
  /// Removes the source's address and position, and the relay log.
  std::string forget_source() const;
  /// Sets the GTIDs after which replication starts. Replication must be stopped, and the source forgotten. On MySQL
  /// this empties the binary log.
  std::vector<std::string> set_position(std::string_view gtids) const;
  /// Points the replica to its source. A replica tries a connection once and then stops, because the sidecar must first
  /// ask whose server answers at that address. On MySQL this statement says so, on MariaDB the option
  /// `master_retry_count` (agent_options). The statement holds the password: only execute_unlogged may run it. Throws
  /// usage_error for a password that check_replication_password does not accept.
  std::string point_to_source(const SourceAddress& source, std::chrono::seconds connect_retry,
                              const SourceSettings& settings) const;
  /// One row: what the server is, and how far its data is. Columns of both families: uuid, server_id, port, read_only,
  /// log_bin, logs_replicated, lower_case_table_names, page_size, init_file, runs_events, by_gtid, executed (GTIDs).
  /// MariaDB also: gtid_strict, applied (GTIDs that came through replication), logged (GTIDs in the binary log), told
  /// (GTIDs by the server's own sum). MySQL also: super_read_only, log_start (GTIDs purged from the binary log).
  std::string server_facts() const;

  /// Rows of `Variable_name` and `Value`: options that let a replica pass over errors, rows or events. Their values are
  /// OFF, STRICT and REPLICATE where a replica passes over nothing.
  std::string skipping_options() const;
  /// Rows of `name` and `value`: the replication filters that are set, of any channel. Empty: the server has no such
  /// table, and its replica's status alone tells.
  std::string replication_filters() const;
  /// One row with Binlog_Do_DB and Binlog_Ignore_DB; no row without a binary log.
  std::string log_status() const;

  /// One row, `Value`: seconds since the server's start.
  std::string uptime() const;
  /// Lets the server take writes, or none: on MySQL not even of accounts that may write to a read-only server.
  std::string let_write() const;
  std::string let_nobody_write() const;
  /// Removes the binary log, and with it all GTIDs that only the log tells of.
  std::string reset_log() const;
  /// A row with `Value`; none where the server has no such variable. MySQL 8.0.34 to 9.7 calls it deprecated.
  std::string binlog_format() const;
  /// The option by which a replica logs what it applies: log_slave_updates, on MySQL log_replica_updates from 8.0.26
  /// on.
  std::string logs_replicated_option() const;
  /// The log that was just reset begins after these GTIDs; on MySQL the server may have written others meanwhile.
  std::string begin_log_at(std::string_view gtids) const;
  /// Keeps all others from writing until `unlock_writes`, or the session's end; lock_wait_timeout where that takes
  /// longer than a second.
  std::vector<std::string> lock_writes() const;
  std::vector<std::string> unlock_writes() const;
  /// MariaDB: a replica refuses transactions out of order from now on.
  std::string be_strict() const;
  /// Another server id until the server's next start. A replica throws away events of its own id.
  std::string set_server_id(std::uint32_t id) const;

  /// The binary logs, the oldest first; `Log_name` is the column of their names.
  std::string binary_logs() const;
  /// MariaDB: one row with `log_start`, the GTIDs before the beginning of the binary log `file`.
  std::string log_start(std::string_view file) const;

  /// MariaDB: one row with the last GTID of each server in the binary log, as `0-100-5,0-101-2`.
  std::string logged_by_server() const;
  /// MariaDB: `Server_id` is the column of the replicas that are connected.
  std::string connected_replicas() const;

  /// One row with `engine`, if the table exists. `table` is as in `test.cache`.
  static std::string engine_of(std::string_view table);

  /// Rows of `schema`, `name`, `status` and `definer`: the scheduled events. A status other than ENABLED and DISABLED
  /// is that of a replica, where the primary is to run the event.
  std::string scheduled_events() const;
  /// The event runs from now on, on the servers whose status is their own, with the definer that it has.
  std::string enable_event(std::string_view quoted_name, std::string_view definer) const;
  std::string run_no_events() const;
  std::string run_events() const;

  /// At most `count` events of a binary log, from that offset on: Event_type, End_log_pos, Info.
  std::string log_events(std::string_view file, std::uint64_t from, unsigned count) const;
  /// `Command` is the column that tells who reads the binary log.
  std::string processes() const;

  /// One row if the account user@'%' exists: `plugin`, `authentication_string`, and `replication`, which is `Y` if the
  /// account has REPLICATION SLAVE.
  std::string account(std::string_view user) const;
  /// Both statements hold the password on MySQL, and its hash on MariaDB (native_password_hash): use execute_unlogged.
  std::string create_account(std::string_view user, const Secret& password) const;
  std::string set_account_password(std::string_view user, const Secret& password) const;
  std::string grant_replication(std::string_view user) const;
  /// Throws usage_error for a password that a replica cannot keep: with a control character, or with a character of 4
  /// bytes in UTF-8. The column for it takes at most 3 bytes a character: MariaDB 10.11 says error 1300, MySQL 9.7
  /// keeps a question mark. MySQL also refuses more than 32 characters (error 3056).
  void check_replication_password(const Secret& password) const;

  /// One row with `status`, which is `ACTIVE` if the clone plugin works. No row if the plugin is not installed.
  std::string clone_plugin_status() const;
  std::string install_clone_plugin() const;
  /// One row if the account user@'%' has BACKUP_ADMIN, the privilege to clone from this server.
  std::string clone_privilege(std::string_view user) const;
  std::string grant_clone(std::string_view user) const;

 private:
  std::string identified(const Secret& password) const;
  std::string for_own_channel() const;
  bool mysql() const { return version_.flavour == Flavour::mysql; }
  ServerVersion version_;
};

/// Whether this server can have MySQL's clone plugin, which came with 8.0.17.
/// https://dev.mysql.com/doc/refman/9.7/en/clone-plugin.html
bool has_clone_plugin(const ServerVersion& version);
/// The tables whose rows MySQL's clone plugin does not copy, 5 of them at most: `name`, and in each row `all_of_them`,
/// how many there are. System schemas are left out.
std::string tables_that_clones_leave_empty();
/// MySQL: rows as above, of InnoDB's files that lie outside of the data directory: the plugin would write the
/// recipient's files to the same paths, before the clone is confirmed.
std::string files_outside_data_dir();
/// The three statements that make a server clone its donor by the plugin, in this order. The last statement holds the
/// password: use execute_unlogged. The first statement makes the password arrive unchanged: in utf8mb4 the server turns
/// each character of 4 bytes into a question mark (MySQL 9.7).
std::string take_bytes_as_they_are();
std::string allow_clone_donor(std::string_view host, std::uint16_t port);
std::string clone_instance(const SourceAddress& donor, bool require_tls);
/// How the last clone ended. Columns: state, error_number, error, binlog_file, binlog_offset, gtids (of the clone), and
/// executed (the GTIDs that the server has now). The row survives a restart of the server.
std::string clone_status();
/// How far a clone is. One row: `bytes` copied so far, and the current `stage`.
std::string clone_progress();
/// The stage in which the data is copied.
constexpr const char* clone_copy_stage = "FILE COPY";
/// The stage in which the recipient syncs its files. No byte arrives in it.
constexpr const char* clone_sync_stage = "FILE SYNC";

/// The first statement of every session of the agent. It makes sql_quoted right on every server, and the session
/// independent of what the server's options say for sessions: it does not end while it is idle between two looks
/// (wait_timeout), no statement is cut short, and each look sees what was committed before it (autocommit).
std::string session_setup();
/// Switches the general log on or off for this session. MariaDB writes CHANGE MASTER and SET PASSWORD to that log with
/// the password (seen on 10.11).
std::string session_log(bool on);
/// Whether performance_schema keeps the statements of this session.
std::string session_instrumented(bool on);
/// Sets the password of 'root'@'localhost' on a MySQL server. Holds the password: use execute_unlogged.
std::string set_root_password(const Secret& password);
/// Statements for a MariaDB server that is being bootstrapped, and so has no grants loaded yet. They remove the
/// anonymous accounts, and set root's password if it is not empty.
std::vector<std::string> mariadb_bootstrap_accounts(const Secret& root_password);

/// A string literal. Single quotes, backslashes and NUL are escaped; every other byte stays as it is.
std::string sql_quoted(std::string_view value);

/// A name in backticks.
std::string name_quoted(std::string_view name);

/// The hash of mysql_native_password, SHA1(SHA1(password)) as `*` and 40 hex digits; empty for an empty password. With
/// the hash, neither SQL text nor the binary log holds the password.
/// https://mariadb.com/kb/en/authentication-plugin-mysql_native_password/
std::string native_password_hash(const Secret& password);

/// The error numbers that the agent tells apart. https://mariadb.com/kb/en/mariadb-error-codes/ ,
/// https://dev.mysql.com/doc/mysql-errors/9.7/en/server-error-reference.html ,
/// https://dev.mysql.com/doc/mysql-errors/9.7/en/client-error-reference.html
namespace server_error {
/// ER_ACCESS_DENIED_ERROR
constexpr int access_denied = 1045;
constexpr int table_access_denied = 1142;  ///< ER_TABLEACCESS_DENIED_ERROR: no SELECT on this table
constexpr int privilege_missing = 1227;    ///< ER_SPECIFIC_ACCESS_DENIED_ERROR: a statement needs a privilege
constexpr int lock_wait_timeout = 1205;    ///< ER_LOCK_WAIT_TIMEOUT
/// ER_CANT_OPEN_LIBRARY: the file of a plugin is missing.
constexpr int no_library = 1126;
/// ER_MASTER_FATAL_ERROR_READING_BINLOG: the source has purged the log, or does not know the GTID.
constexpr int source_fatal_reading_log = 1236;
/// ER_SERVER_SOURCE_FATAL_ERROR_READING_BINLOG: what a replica of MySQL 8.0 or later reports instead of 1236.
constexpr int mysql_source_fatal_reading_log = 13114;
/// ER_ACCOUNT_HAS_BEEN_LOCKED, MySQL's number.
constexpr int mysql_account_locked = 3118;
/// ER_ACCOUNT_HAS_BEEN_LOCKED, MariaDB's number.
constexpr int mariadb_account_locked = 4151;
/// ER_GTID_STRICT_OUT_OF_ORDER: transactions of the replica's own are in the way.
constexpr int gtid_strict_out_of_order = 1950;
/// CR_SSL_CONNECTION_ERROR
constexpr int tls_refused = 2026;
/// ER_SECURE_TRANSPORT_REQUIRED, the same number in both families. MariaDB 10.11 denies access (1045) instead.
constexpr int secure_transport_required = 3159;
/// CR_AUTH_PLUGIN_ERR
constexpr int login_method_failed = 2061;
/// ER_RESTART_SERVER_FAILED: the server ends after a clone, because nothing restarts it.
constexpr int restart_failed = 3707;
/// ER_CLONE_TOO_MANY_CONCURRENT_CLONES
constexpr int clone_busy = 3634;
/// ER_CLONE_DONOR: the donor failed. The text begins with the donor's own error number.
constexpr int clone_donor_failed = 3862;
}  // namespace server_error

}  // namespace mysql_agent
