#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/clone/reason.hpp"
#include "agent/pod/peer_survey.hpp"
#include "common/backup/clone_engine.hpp"
#include "common/base/pod.hpp"
#include "common/volume/data_dir.hpp"

namespace mysql_agent {

/// What --on-lost-primary chooses for a primary whose data is gone while a peer has some.
enum class OnLostPrimary { recover, refuse, initialize };

/// What the plan depends on besides the volume and the peers: the pod, its flags, and the programs of its image.
struct ClonePolicy {
  Role role = Role::replica;
  std::uint32_t ordinal = 0;
  OnLostPrimary on_lost_primary = OnLostPrimary::recover;
  bool initialize = false;
  EngineChoice engine = EngineChoice::automatic;
  std::optional<BackupTool> tool;       ///< the backup tool in PATH; it must fit a donor's server
  std::optional<ServerVersion> server;  ///< of the server program in PATH; the clone plugin compares it
  bool clone_password = false;          ///< a password for the account of the clone plugin was given
};

enum class CloneAction {
  keep,                 ///< the data is good as it is
  restart,              ///< staging is incomplete: remove it, and plan as for an empty directory
  prepare,              ///< staging is complete: prepare it, or prepare it again
  publish,              ///< staging is prepared: rename it into place, or go on renaming
  adopt,                ///< the data is older than the agent: write down that it is complete
  set_aside,            ///< a copy that replaces data is prepared: move the data to set-aside/, then publish the copy
  set_remains_aside,    ///< move what is left of lost data to set-aside/, then plan as for an empty directory
  discard,              ///< remove the data, as a person allowed, or go on; then plan as for an empty directory
  refuse,               ///< exit 3
  ask_peers,            ///< the directory alone does not decide
  clone,                ///< clone one of `donors`, in this order
  wait,                 ///< there is no donor, or no certainty: ask again until --donor-wait is over
  initialize,           ///< make the first data directory
  leave_to_entrypoint,  ///< stay empty: the image makes the first data directory
};

struct ClonePlan {
  CloneAction action = CloneAction::wait;
  CloneReason reason;
  std::vector<PeerFact> donors;  ///< of `clone` and `discard`, best first
  /// Of `restart`, `prepare` and `clone`: the copy will replace data, which stays until then.
  bool beside_data = false;
  bool recovery = false;  ///< of `clone`: the donor need not replicate, for its source is gone
};

/// Decides what clone-mysql does. `survey` is nullopt before the peers were asked.
///
/// | # | pod     | data directory                             | peers               | action                          |
/// |---|---------|--------------------------------------------|---------------------|---------------------------------|
/// | 1 | any     | published, replicating, primary, adopted   |                     | keep                            |
/// | 2 | any     | cloning, nothing published                 |                     | restart; evidence stays         |
/// | 3 | any     | cloned, nothing published                  |                     | prepare                         |
/// | 4 | any     | prepared, nothing published; publishing    |                     | publish                         |
/// | 5 | any     | cloning, cloned or prepared, beside data   |                     | refuse                          |
/// | 6 | any     | data, no state, complete                   |                     | adopt                           |
/// | 7 | any     | data, no state, incomplete or not prepared |                     | refuse                          |
/// | 8 | replica | empty                                      | fit donors          | clone, in order of preference   |
/// | 9 | replica | empty                                      | none fit            | wait                            |
/// |10 | primary | empty                                      | nobody has data (a) | initialize, leave_to_entrypoint |
/// |11 | primary | empty                                      | one has data        | --on-lost-primary (b)           |
/// |12 | primary | empty                                      | not sure (c)        | wait                            |
/// |13 | any     | settled data, a copy, request withdrawn    |                     | restart, beside: then row 1     |
/// |14 | primary | settled data, a request                    |                     | refuse                          |
/// |15 | replica | settled data, a request, copy `cloning`    |                     | restart, beside                 |
/// |16 | replica | settled data, a request, copy `cloned`     |                     | prepare, beside                 |
/// |17 | replica | settled data, a request, copy `prepared`   |                     | set_aside                       |
/// |18 | replica | settled data, a request, no copy           | fit donors          | clone, beside (d)               |
/// |19 | replica | settled data, a request, no copy           | none fit            | wait                            |
/// |20 | any     | setting_aside                              |                     | set_aside (go on)               |
/// |21 | any     | discarding                                 |                     | discard (go on)                 |
/// |22 | primary | empty, evidence that the set has data      | nobody has data (a) | wait (e)                        |
/// |23 | replica | settled, only remains of data, no request  |                     | refuse                          |
/// |24 | primary | settled, only remains of data, no request  | as rows 10 to 12    | set_remains_aside (f)           |
///
/// (a) No peer exists, or all peers that exist say that they are empty; and DNS is sure.
/// (b) It recovers, refuses or initializes. It refuses instead of recovering where the peers are of different sets,
///     where a candidate cannot be cloned here, and where choose_recovery chooses no candidate.
/// (c) A peer is silent, or DNS fails. A peer existed at an earlier round, and went away before it said what it has. A
///     peer whose agent is 0.1.0 is empty, and knows of data without saying whose. Also, for a recovery: a candidate
///     has not applied all that it has received.
/// (d) Where the request allows to remove the data first: discard.
/// (e) With --on-lost-primary=initialize as row 10.
/// (f) Where an empty primary would clone or begin anew. Where it would wait it waits, but where nobody has data it
///     refuses, and so it does with --on-lost-primary=refuse.
///
/// Remains are files without the system schema (DataDirFacts::only_remains): a server that stops on an emptied volume
/// writes some files back. A kill while they are moved leaves fewer remains, and the next start comes here again.
///
/// The evidence of row 22 is known_evidence: peers that had data at an earlier round or start, the state that was left
/// on this volume, and what empty peers saw. Without it a primary would begin anew as soon as the peer that it waits
/// for is gone. That peer cannot come back where pods start in order: this pod is not ready. Row 10 is for a new set,
/// where no peer with data was ever seen. A silent peer is no evidence: the pods of a new set that start at once are
/// silent to each other. It is waited for (row 12), for as long as this process runs.
///
/// How data is replaced, each step durable before the next:
/// - the request is written;
/// - the copy is made beside the data, with a state of its own, and is prepared;
/// - the request is taken, and can no longer be withdrawn;
/// - the state becomes `setting_aside`, and the data is renamed to set-aside/, `mysql/` first;
/// - the state becomes `publishing`, and the copy is renamed into place, `mysql/` last;
/// - the request is removed, and the state becomes `published`.
/// A kill before `setting_aside` leaves the old data as it was. A kill after it ends in the new data at the next start.
/// In between no server may start: the state says so, and no entrypoint takes a directory without `mysql/` for data.
/// `discard` has no copy: the data is renamed away, `mysql/` first, and removed; then the request, then the state.
///
/// A directory that lost its files but kept a state of row 1 counts as empty: a server there would make an empty one.
/// Order of preference: replicas below from N-1 down, then replicas above, and the primary last.
ClonePlan plan_clone(const DataDirFacts& dir, const std::optional<PeerSurvey>& survey, const ClonePolicy& policy);

}  // namespace mysql_agent
