#pragma once

#include <string>
#include <vector>

#include "agent/clone/reason.hpp"
#include "common/backup/clone_protocol.hpp"

namespace mysql_agent {

/// Whether a lost primary may be recovered from this pod: the pod's replication is not on hold, it does not filter, and
/// the pod wrote nothing itself. A kind of hold that this version does not know is a hold. HoldKind::other_set is none
/// here: the primary of the other set is gone, and the way out of that hold is a recovery from this pod.
bool is_candidate(const DonorInfo& info);

/// Which pod a lost primary is recovered from.
struct RecoveryChoice {
  enum class Kind {
    chosen,
    no_candidate,  ///< row 1
    behind,        ///< row 2
    diverged,      ///< row 3
    loses,         ///< row 4
  };
  Kind kind = Kind::no_candidate;
  /// Of `chosen`: the chosen pod alone. Else the pods that stand in the way, and of `loses` first the pod that would be
  /// chosen. NamedPeer::more says what a pod has that the other lacks.
  std::vector<NamedPeer> pods = {};
  /// Of `chosen`: pods that are no candidates. What such a pod has more is its own, or nobody can tell whose it is.
  std::vector<NamedPeer> passed_over = {};
};

/// Chooses among the pods with data. Positions are compared by GTIDs; a position that is unreadable covers nothing.
///
/// | # | candidates                                        | the other pods with data             | choice       |
/// |---|---------------------------------------------------|--------------------------------------|--------------|
/// | 1 | none                                              |                                      | no_candidate |
/// | 2 | a candidate has not applied all it has received   |                                      | behind       |
/// | 3 | no candidate has all that the others have         |                                      | diverged     |
/// | 4 | a candidate has all that the other candidates have| have replicated what it lacks (a)    | loses        |
/// | 5 | the same; of equal candidates the lowest ordinal  | have nothing more, or their own (b)  | chosen       |
///
/// (a) MySQL: GTIDs that are not of the pod's own UUID. MariaDB: what came by replication (DonorInfo::applied).
/// (b) An older agent on MariaDB does not tell what came by replication. Its pod is named, and lies where it is.
///
/// Two candidates have each what the other lacks also where the primary was recovered once, one of the two does not
/// know that, and both went on from there: on MariaDB the numbers of their GTIDs are the same.
RecoveryChoice choose_recovery(const std::vector<NamedPeer>& with_data);

}  // namespace mysql_agent
