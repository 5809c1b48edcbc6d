#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/pod/peer_survey.hpp"
#include "common/backup/clone_engine.hpp"
#include "common/base/pod.hpp"
#include "common/volume/data_dir.hpp"

namespace mysql_agent {

/// What --on-lost-primary chooses for a primary whose data is gone while a peer has some.
enum class OnLostPrimary { recover, refuse, initialize };

struct ClonePolicy {
  Role role = Role::replica;
  std::uint32_t ordinal = 0;
  OnLostPrimary on_lost_primary = OnLostPrimary::recover;
  bool initialize = false;
  EngineChoice engine = EngineChoice::automatic;
  std::optional<BackupTool> tool;       ///< in PATH here; a donor's server must fit it
  std::optional<ServerVersion> server;  ///< the server program in PATH here, for the clone plugin
  bool clone_password = false;          ///< of the clone plugin's account: it was given
};

enum class CloneAction {
  keep,        ///< the data is good as it is
  restart,     ///< staging is incomplete: throw it away and plan as for an empty directory
  prepare,     ///< staging is complete: prepare it (again)
  publish,     ///< staging is prepared: rename it into place (go on renaming)
  adopt,       ///< data from before the agent: write down that it is complete
  set_aside,   ///< a copy that replaces the data is prepared: move the data to set-aside/, then publish the copy
  discard,     ///< remove the data, which a person allowed (go on removing), and plan as for an empty directory
  refuse,      ///< exit 3
  ask_peers,   ///< the directory alone does not tell
  clone,       ///< from `donors`, in this order
  wait,        ///< no donor yet, or no certainty: ask again until --donor-wait is over
  initialize,  ///< make the first data directory
  leave_to_entrypoint,  ///< stay empty: the image makes the first data directory
};

struct ClonePlan {
  CloneAction action = CloneAction::wait;
  std::vector<PeerFact> donors;  ///< of `clone` and `discard`, best first
  bool beside = false;  ///< of `restart`, `prepare` and `clone`: a copy that is to replace data, which stays until then
  bool recovery = false;  ///< of `clone`: the donor need not replicate, its source is gone
  std::string reason;
  std::string hint;  ///< of `refuse`, and of `wait` when the time is over
};

/// Decides what clone-mysql does. `survey` is nullopt before the peers were asked.
///
/// | # | pod     | data dir                                   | peers                      | action |
/// |---|---------|--------------------------------------------|----------------------------|------------------------------|
/// | 1 | any     | published, replicating, primary, adopted   |                            | keep | | 2 | any     |
/// cloning, nothing published                 |                            | restart; evidence stays      | | 3 | any
/// | cloned, nothing published                  |                            | prepare                      | | 4 | any
/// | prepared, nothing published; publishing    |                            | publish                      | | 5 | any
/// | cloning, cloned or prepared, beside data   |                            | refuse                       | | 6 | any
/// | data, no state, complete                   |                            | adopt                        | | 7 | any
/// | data, no state, incomplete or not prepared |                            | refuse                       | | 8 |
/// replica | empty                                      | fit donors                 | clone, in order of preference |
/// | 9 | replica | empty                                      | none fit                   | wait | |10 | primary |
/// empty                                      | none, or all that exist say that they are empty; and DNS is sure |
/// initialize / leave_to_entrypoint | |11 | primary | empty                                      | one has data |
/// recover, refuse or initialize; of different sets: refuse instead of recover | |12 | primary | empty | silent ones,
/// or DNS fails; to recover: one that has not applied all that it has received | wait | |13 | any     | settled data, a
/// copy, the request withdrawn |                           | restart, beside: then row 1  | |14 | primary | settled
/// data, a request                    |                            | refuse                       | |15 | replica |
/// settled data, a request, copy `cloning`    |                            | restart, beside              | |16 |
/// replica | settled data, a request, copy `cloned`     |                            | prepare, beside              |
/// |17 | replica | settled data, a request, copy `prepared`   |                            | set_aside | |18 | replica
/// | settled data, a request, no copy           | fit donors                 | clone, beside; if the request says so:
/// discard | |19 | replica | settled data, a request, no copy           | none fit                   | wait | |20 | any
/// | setting_aside                              |                            | set_aside (go on)            | |21 | any
/// | discarding                                 |                            | discard (go on)              | |22 |
/// primary | empty, evidence that the set has data      | as in row 10               | wait; with
/// --on-lost-primary=initialize as row 10 |
///
/// The evidence of row 22 is what known_evidence gives: a peer that existed at any earlier round or start, or the state
/// that was left here; and what empty peers know. Without it an empty primary would begin anew as soon as the peer that
/// it waited for, or cloned, is gone: where pods start in order none comes back before this one is ready. Row 10 is
/// what is left for a new set: no peer was ever seen.
///
/// How data is replaced, each step durable before the next: the request; the copy, with a state of its own, beside the
/// data; the copy prepared; the request taken, so that it cannot be withdrawn; the state `setting_aside`; `mysql/`
/// renamed to set-aside/, then all else; the state `publishing`; the copy renamed into place, `mysql/` last; the
/// request removed; the state `published`. Up to `setting_aside` a kill leaves the old data as it was. From there to
/// `published` no server may start (the state says so, and without `mysql/` no entrypoint takes the rest for data), and
/// the next start ends in the new data. To discard is the same without a copy: the data is renamed away, `mysql/`
/// first, and removed, then the request, then the state.
///
/// A directory that lost its files but kept a state of row 1 counts as empty: starting a server there would make
/// an empty one. Order of preference: replicas below from N-1 down, replicas above, the primary last.
ClonePlan plan_clone(const DataDirFacts& dir, const std::optional<PeerSurvey>& survey, const ClonePolicy& policy);

}  // namespace mysql_agent
