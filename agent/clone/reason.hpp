#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/pod/peer_survey.hpp"
#include "common/backup/backup_tool.hpp"
#include "common/server/server_version.hpp"
#include "common/volume/set_evidence.hpp"
#include "common/volume/state_file.hpp"

/// Why clone-mysql decides as it does: kinds, and the data that belongs to them. reason_text makes sentences of it.
namespace mysql_agent {

/// What stands in the way of a clone by a backup tool's stream.
enum class StreamObstacle {
  other_engine,  ///< --engine clone-plugin is set here
  no_tool,       ///< no backup tool is in PATH here
  tool_version,  ///< the backup tool here does not fit the donor's server
};

/// What stands in the way of a clone by MySQL's clone plugin.
enum class PluginObstacle {
  other_engine,    ///< --engine xtrabackup is set here
  no_server,       ///< no mysqld is in PATH here
  no_password,     ///< there is no --clone-password-file here
  server_version,  ///< the plugin does not clone between the versions of the two servers
};

/// Why a peer is not cloned.
struct DonorObstacle {
  enum class Kind {
    silent,        ///< the peer gave no answer: PeerFact::error
    unfit,         ///< the peer says that it is not fit: DonorInfo::reason
    no_free_slot,  ///< all clone slots of the peer are taken
    no_engine,     ///< the peer offers no engine that is known here
    engines,       ///< each engine that the peer offers has an obstacle: `stream`, `plugin` or both
    other_series,  ///< of a recovery by the plugin: the peer's server is of another series than the one here
  };
  Kind kind = Kind::silent;
  std::optional<StreamObstacle> stream = std::nullopt;  ///< of `engines`
  std::optional<PluginObstacle> plugin = std::nullopt;  ///< of `engines`
  /// Of `engines`: the peer's server has the plugin, and its sidecar would offer it if it had a password for it.
  bool plugin_would_help = false;
  bool operator==(const DonorObstacle&) const = default;
};

/// A peer that a reason names.
struct NamedPeer {
  PeerFact peer;
  std::optional<DonorObstacle> obstacle = std::nullopt;
  std::string more = {};  ///< of a recovery that is refused: GTIDs that this pod has, and the other pod lacks
};

struct CloneReason {
  enum class Kind {
    settled,                      ///< row 1
    clone_interrupted,            ///< row 2
    prepare_interrupted,          ///< rows 3 and 16
    copy_prepared,                ///< row 4
    publishing_interrupted,       ///< row 4
    data_beside_clone,            ///< row 5
    data_complete,                ///< row 6
    data_incomplete,              ///< row 7
    directory_empty,              ///< row 8, and before the peers are asked
    no_fit_donor,                 ///< rows 9 and 19
    nobody_has_data,              ///< row 10
    peers_have_data,              ///< row 11: recover
    recovery_refused,             ///< row 11: refuse
    initialize_beside_peers,      ///< row 11: initialize
    peers_of_different_sets,      ///< row 11
    peers_not_clonable,           ///< row 11
    no_candidate,                 ///< row 11: no pod with data may be recovered from
    peers_diverged,               ///< row 11: two pods each have what the other lacks
    recovery_loses,               ///< row 11: a pod that is no candidate has what the first pod lacks
    peers_silent,                 ///< row 12
    peers_gone,                   ///< row 12: a peer went away before it said what it has
    peers_behind,                 ///< row 12: a peer has not applied all that it has received
    own_name_unknown,             ///< row 12
    request_withdrawn,            ///< row 13
    request_on_primary,           ///< row 14
    new_clone_interrupted,        ///< row 15
    new_clone_prepared,           ///< row 17
    new_clone_asked,              ///< row 18, and before the peers are asked
    setting_aside_interrupted,    ///< row 20
    discarding_interrupted,       ///< row 21
    set_had_data,                 ///< row 22
    initialize_despite_evidence,  ///< row 22: initialize
    remains_on_replica,           ///< row 23
    remains_of_primary,           ///< row 24, and before the peers are asked
    remains_refused,              ///< row 24: refuse
    remains_alone,                ///< row 24: no peer has data
  };
  Kind kind = Kind::directory_empty;
  std::optional<DataState> state = std::nullopt;       ///< of `settled` and `data_beside_clone`
  std::string content = {};                            ///< of `data_...` and `remains_...`: what that rests on
  std::string asked = {};                              ///< when a person asked for a new clone; empty: nobody did
  std::vector<NamedPeer> peers = {};                   ///< the pods that the reason names, in the order of the survey
  std::vector<NamedPeer> passed_over = {};             ///< of a recovery: pods that have more, which nobody replicated
  std::vector<SetEvidence> evidence = {};              ///< of row 22
  std::optional<BackupTool> tool = std::nullopt;       ///< here, for obstacles that compare versions
  std::optional<ServerVersion> server = std::nullopt;  ///< here, for the same
};

/// Whether two reasons are one state of waiting, which the log says once: the same kind, pods and obstacles. What
/// changes from round to round, like positions, lags and the texts of errors, does not count.
bool is_same_wait(const CloneReason& a, const CloneReason& b);

}  // namespace mysql_agent
