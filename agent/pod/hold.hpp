#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "common/volume/state_file.hpp"

namespace mysql_agent {

/// Why replication is on hold, in a word. The values are those of a metric's label.
enum class HoldKind {
  state,      ///< an unfinished clone, no state, or a state of the other role
  position,   ///< it is unknown where replication would go on
  diverged,   ///< the replica has transactions that its source lacks
  purged,     ///< no log that the replica can follow has what it lacks
  other_set,  ///< the primary was begun anew
  error,      ///< the server refused a statement, or a file of the agent's own is unreadable
};

inline constexpr std::array all_hold_kinds{HoldKind::state,  HoldKind::position,  HoldKind::diverged,
                                           HoldKind::purged, HoldKind::other_set, HoldKind::error};

const char* hold_kind_name(HoldKind kind);
/// nullopt for a name that this version does not know.
std::optional<HoldKind> hold_kind_of(std::string_view name);

/// What exactly the sidecar found. Each cause belongs to one kind, and has a sentence in hold_text.
enum class HoldCause {
  unfinished_clone,           ///< `detail`: the data's state
  primary_on_replica_volume,  ///< the pod is the primary; `detail`: the data's state
  no_state,
  replica_on_primary_volume,
  own_transactions,              ///< `gtids` were written here; `beside`: all that the replica has; `detail`: the
                                 ///< first of them that changed something, where that is known
  ahead_of_primary,              ///< the primary lacks `gtids`; `beside`: all that the replica has
  ahead_of_opening,              ///< `gtids` came before an opening of the primary that lacks them; `beside`: as above
  out_of_order,                  ///< error 1950, `detail`; `beside`: all that the replica has
  other_set,                     ///< `gtids`: the primary's set_id, `beside`: this replica's
  other_set_doubtful,            ///< the same, and the relay log may hold events of either set
  source_forgotten_by_file,      ///< a server with gtid_mode=OFF that has no source any more
  no_file_recorded,              ///< a server with gtid_mode=OFF; `beside`: the recorded position
  no_file_known,                 ///< a server with gtid_mode=OFF that does not say how far it is
  followed_by_file,              ///< a server with gtid_mode=ON whose data came by file and offset
  followed_by_file_mariadb,      ///< the same of MariaDB, without any GTID position
  clone_and_server_disagree,     ///< `gtids`: the server's position, `beside`: the recorded one
  position_was_reset,            ///< the same, of a server that has replicated before
  adopted_without_position,      ///< `beside`: the recorded position
  source_cannot_go_on,           ///< `gtids`: where from; `error_number`, `detail`: what the source said
  nobody_has_what_is_missing,    ///< `gtids` are missing; `beside`: this replica's position; `detail`: who was asked
  primary_and_replica_diverged,  ///< of a primary: `gtids` are a replica's alone; `beside`: this primary's alone;
                                 ///< `detail`: the pod
  cannot_take_back,              ///< of a primary: it lacks `gtids`, and `detail`, a pod, has them; `beside`: why they
                                 ///< cannot be taken back from that pod
  statement_refused,             ///< `detail`: what the server said
};

/// One finding, for a person to decide on.
struct Hold {
  HoldCause cause = HoldCause::no_state;
  std::string gtids{};
  std::string beside{};
  std::string detail{};
  int error_number = 0;
  bool harmless = false;   ///< of own_transactions: they changed nothing, and only a reader of the log is in the way
  bool init_file = false;  ///< of own_transactions: the server runs init_file at each start
  bool operator==(const Hold&) const = default;
};

HoldKind kind_of(HoldCause cause);
/// Two holds are the same if cause and transactions are the same. The rest of their texts may change with each look.
bool is_same_hold(const Hold& a, const Hold& b);
/// Whether a hold stays when the sidecar no longer sees its reason. Its transactions are still there when another
/// server has passed their numbers.
bool lasts(HoldCause cause);
/// To the state file, and back. A cause that this version does not know is a hold too.
RecordedHold record_of(const Hold& hold);
Hold hold_of_record(const RecordedHold& record);
/// The sentence for people: what was found, and what to do.
std::string hold_text(const Hold& hold);

/// What a person does about a replica whose data does not serve any more.
inline constexpr const char* clone_it_again = "mysql-agent reclone here, and start the pod again";

}  // namespace mysql_agent
