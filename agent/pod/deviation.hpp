#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mysql_agent {

struct PodView;

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
  channel,              ///< a source that is not the agent's does not run; `detail`: the sentence
};

inline constexpr std::array all_deviation_kinds{
    DeviationKind::binlog_format,    DeviationKind::log_bin,   DeviationKind::log_replica_updates,
    DeviationKind::gtid_strict_mode, DeviationKind::read_only, DeviationKind::server_id,
    DeviationKind::clone_plugin,     DeviationKind::engine,    DeviationKind::channel};

struct Deviation {
  DeviationKind kind = DeviationKind::binlog_format;
  std::string detail{};
  bool operator==(const Deviation&) const = default;
};

const char* deviation_name(DeviationKind kind);
/// nullopt for a name that this version does not know.
std::optional<DeviationKind> deviation_kind_of(std::string_view name);

/// All that there is to say of this pod. Nothing where its server does not answer.
///
/// | kind                | what the server says                                            | of        |
/// |---------------------|-----------------------------------------------------------------|-----------|
/// | binlog_format       | STATEMENT                                                       | any       |
/// | log_bin             | OFF                                                             | any       |
/// | log_replica_updates | OFF, with a binary log                                          | a replica |
/// | gtid_strict_mode    | OFF                                                             | a replica |
/// | read_only           | OFF, or on MySQL super_read_only=OFF                            | a replica |
/// | server_id           | the one that the primary has                                    | a replica |
/// | clone_plugin        | the sidecar looks after it, and it or its account is missing    | any (a)   |
/// | engine              | tables that the plugin would leave empty, where it is offered   | any       |
/// | channel             | a source beside the agent's, or a primary's, does not run       | any (a)   |
///
/// (a) Of a primary that takes writes.
std::vector<Deviation> deviations_of(const PodView& view);

/// The sentence for people: what there is, and what that means.
std::string deviation_text(const Deviation& deviation);
/// What a person does about it.
std::string deviation_way_out(DeviationKind kind);

}  // namespace mysql_agent
