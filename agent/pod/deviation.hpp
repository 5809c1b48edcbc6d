#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace mysql_agent {

/// In what a running server, or its data, is not what the agent relies on. The agent goes on, and says so.
enum class DeviationKind {
  binlog_format,        ///< statements go into the binary log, and may do something else on a replica
  log_bin,              ///< there is no binary log
  log_replica_updates,  ///< of a replica: its binary log lacks what came by replication
  gtid_strict_mode,     ///< MariaDB, of a replica: it takes transactions out of order
  read_only,            ///< of a replica: it takes writes
  server_id,            ///< of a replica: it is the primary's; `detail`: the id
  clone_plugin,         ///< the plugin is wanted, and is not there; or its account is not
  engine,               ///< tables that the clone plugin would leave empty; `detail`: their names
  password,             ///< the server has not got the new password of the agent's account yet
  sync_binlog,          ///< of a primary: a crash of its machine may lose the end of the log
  flush_log,            ///< of a primary: a crash may lose the last transactions (innodb_flush_log_at_trx_commit)
  channel,              ///< a source that is not the agent's does not run; `detail`: the sentence
};

inline constexpr std::array all_deviation_kinds{
    DeviationKind::binlog_format,    DeviationKind::log_bin,   DeviationKind::log_replica_updates,
    DeviationKind::gtid_strict_mode, DeviationKind::read_only, DeviationKind::server_id,
    DeviationKind::clone_plugin,     DeviationKind::engine,    DeviationKind::sync_binlog,
    DeviationKind::flush_log,        DeviationKind::channel,   DeviationKind::password};

struct Deviation {
  DeviationKind kind = DeviationKind::binlog_format;
  std::string detail{};
  bool operator==(const Deviation&) const = default;
};

const char* deviation_name(DeviationKind kind);
/// nullopt for a name that this version does not know.
std::optional<DeviationKind> deviation_kind_of(std::string_view name);

/// The sentence for people: what there is, and what that means.
std::string deviation_text(const Deviation& deviation);
/// What a person does about it.
std::string deviation_way_out(DeviationKind kind);

}  // namespace mysql_agent
