#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/defaults.hpp"
#include "common/server/dialect.hpp"
#include "common/server/mysql_client.hpp"
#include "common/server/position.hpp"
#include "common/server/server_version.hpp"

namespace mysql_agent {

/// One replication thread: its state, and its last error. Error number 0 is no error.
struct ReplicationThread {
  bool running = false;     ///< the server says `Yes`
  bool connecting = false;  ///< the I/O thread is `Connecting` or `Preparing`: it goes on trying by itself
  int error_number = 0;
  std::string error;
  /// A server may end a thread with a text and without a number.
  bool failed() const { return error_number != 0 || !error.empty(); }
  bool operator==(const ReplicationThread&) const = default;
};

/// The settings and the state of a server that has a source.
struct ReplicaStatus {
  std::string source_host;
  std::uint16_t source_port = 0;
  std::string source_user;
  bool by_gtid = false;
  ReplicationThread io;
  ReplicationThread sql;
  /// Seconds behind the source. nullopt: unknown, because a thread does not run.
  std::optional<std::uint64_t> lag_seconds;
  bool tls = false;             ///< the connection to the source must be encrypted
  bool connects_again = false;  ///< MySQL: the replica tries a lost connection more than once
  Position executed{};          ///< the source's file and offset up to which all is applied; without GTIDs
  Position received{};          ///< the source's file and offset up to which all is received; with the received GTIDs
  std::uint32_t delay_seconds = 0;  ///< MASTER_DELAY, SOURCE_DELAY: a person wants it to be so far behind
};

/// A source that the server has beside the agent's own, whose channel has no name.
struct OtherChannel {
  std::string name;
  std::string source;    ///< host and port
  bool running = false;  ///< both threads run
  std::string error;     ///< of the thread that failed; empty: none
  bool operator==(const OtherChannel&) const = default;
};

/// What the agent reads from a server at one look. GTIDs are text, in the form of the server's family.
struct ServerFacts {
  ServerVersion version;
  std::string uuid;  ///< MySQL: server_uuid. MariaDB: server_uid, empty if the server is too old to have it
  std::uint32_t server_id = 0;
  std::uint16_t port = defaults::mysql_port;
  std::uint32_t lower_case_table_names = 0;
  std::uint32_t page_size = 0;  ///< innodb_page_size, bytes
  bool read_only = false;
  std::int64_t now = 0;  ///< seconds since 1970, by the server's own clock
  std::int64_t started =
      0;  ///< when this start of the server began: seconds since 1970, by its own clock, exact to 1 s
  /// MySQL: super_read_only; MariaDB: always true.
  bool super_read_only = true;
  bool log_bin = false;
  std::string binlog_format = "ROW";  ///< empty where the server has no such variable any more
  bool logs_replicated = true;        ///< log_slave_updates: what came by replication goes into the binary log too
  bool gtid_strict = true;            ///< MariaDB: gtid_strict_mode; MySQL: always true
  bool by_gtid = true;                ///< every transaction gets a GTID. MariaDB: always. MySQL: gtid_mode=ON
  bool clone_plugin = false;          ///< MySQL's clone plugin is active
  std::string executed;               ///< GTIDs of all transactions that the server has
  std::string applied;                ///< MariaDB: GTIDs that came through replication
  std::string log_start;     ///< GTIDs before the beginning of the binary log. MariaDB: as its oldest log file tells
  std::string logged;        ///< MariaDB: the last GTIDs in the server's own binary log
  std::string log_file;      ///< the binary log that is being written; empty: not known
  bool log_in_data = false;  ///< the binary log lies in the data directory, so it is no older than the data
  std::string log_file_start{};  ///< MariaDB: GTIDs before the beginning of log_file, which each start begins
  std::uint64_t log_offset = 0;  ///< and its end
  bool runs_events = false;      ///< event_scheduler=ON
  std::string told;  ///< MariaDB: what the server calls its position (gtid_current_pos), and a backup tool writes down:
                     ///< of its own log only what has its present server id
  /// MariaDB: the plugins that encrypt or compress pages, by the name of their library without `.so`.
  std::vector<std::string> page_plugins{};
  std::string init_file;  ///< SQL that the server runs at each start; empty: none
  std::string filters;    ///< replication and log filters: `replicate_ignore_db=logs; binlog_do_db=a`; empty: none
  std::string skips{};    ///< options by which a replica passes over what does not fit: `slave_skip_errors=all`; empty:
                          ///< none. They are in `filters` too
  bool syncs_log = true;  ///< sync_binlog=1
  bool syncs_data = true;                ///< innodb_flush_log_at_trx_commit=1
  std::optional<ReplicaStatus> replica;  ///< of the channel without a name
  std::vector<OtherChannel> other_channels{};
};

/// The names of the server's binary logs, the oldest first. Throws SqlError.
std::vector<std::string> log_files(MysqlClient& client, const Dialect& dialect);

/// MariaDB: the GTIDs before the beginning of the binary log `file`. Throws SqlError.
std::string position_before(MysqlClient& client, const Dialect& dialect, const std::string& file);

/// Asks the server. Throws SqlError, or failed for a server that is too old for Dialect.
ServerFacts read_server_facts(MysqlClient& client);

}  // namespace mysql_agent
