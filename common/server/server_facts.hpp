#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/server/dialect.hpp"
#include "common/server/mysql_client.hpp"
#include "common/server/position.hpp"
#include "common/server/server_version.hpp"

namespace mysql_agent {

/// One replication thread: its state as the server names it, and the last error.
struct ReplicationThread {
  bool running = false;     ///< `Yes`
  bool connecting = false;  ///< `Connecting`, of the I/O thread: it goes on trying by itself
  int error_number = 0;
  std::string error;
  bool operator==(const ReplicationThread&) const = default;
};

/// A replica's settings and state, where a source is set at all.
struct ReplicaStatus {
  std::string source_host;
  std::uint16_t source_port = 0;
  std::string source_user;
  bool by_gtid = false;
  ReplicationThread io;
  ReplicationThread sql;
  std::optional<std::uint64_t> lag_seconds;  ///< NULL while a thread does not run: unknown, not zero
  bool tls = false;                          ///< the connection must be encrypted
  bool connects_again = false;               ///< MySQL: a lost connection is tried more than once
  Position executed{};                       ///< file of the source and offset in it, up to which all is applied
  Position received{};  ///< the same, up to which all is in the relay log; with the GTIDs that the I/O thread counts
};

/// What one look at a server gives. GTIDs are text, in the flavour's own form.
struct ServerFacts {
  ServerVersion version;
  std::string uuid;  ///< MySQL's server_uuid; MariaDB's server_uid, where the server has one
  std::uint32_t server_id = 0;
  std::uint16_t port = 3306;
  std::uint32_t lower_case_table_names = 0;
  std::uint32_t page_size = 0;  ///< innodb_page_size, bytes
  bool read_only = false;
  std::int64_t started =
      0;  ///< when this start of the server began: seconds since 1970, by its own clock, exact to 1 s
  bool log_bin = false;
  bool by_gtid = true;        ///< MariaDB always; MySQL with gtid_mode=ON
  bool clone_plugin = false;  ///< MySQL's clone plugin is active
  std::string executed;       ///< all that the server has
  std::string applied;        ///< MariaDB: what came through replication
  std::string log_start;  ///< what its binary log does not have (any more): of MariaDB as far as the log itself tells
  std::string logged;     ///< MariaDB: the end of its own binary log
  std::optional<ReplicaStatus> replica;
};

/// Throws SqlError, or failed for a server that the dialect does not know.
ServerFacts read_server_facts(MysqlClient& client);

}  // namespace mysql_agent
