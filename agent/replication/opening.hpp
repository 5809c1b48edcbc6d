#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/pod/hold.hpp"
#include "common/backup/clone_protocol.hpp"
#include "common/server/server_facts.hpp"
#include "common/volume/state_file.hpp"

namespace mysql_agent {

/// What another pod said when the primary asked whether it may take writes.
struct OpeningPeer {
  std::string pod;
  std::string host;
  std::optional<DonorInfo> info;            ///< nullopt: the pod exists, or may exist, and did not answer
  std::string error;                        ///< of a pod that did not answer
  std::chrono::milliseconds silent_for{0};  ///< of a pod that did not answer: for how long it has not
};

/// What clients wrote to a MariaDB primary while it was read-only, for read_only does not stop privileged accounts
/// (10.11 and 11.8; MySQL's super_read_only stops all). Their GTIDs may be those of transactions that the primary has
/// lost, and sequence numbers do not tell the difference.
struct ClosedWrites {
  std::string written{};                ///< as GTIDs; empty: none
  std::string before{};                 ///< the primary's position without them
  std::set<std::uint32_t> followers{};  ///< the server ids of replicas that are connected, and may have these writes
};

/// Finds these writes. `log_file_start` is the position at the beginning of the newest binary log, which each start of
/// a server begins. `logged` is gtid_binlog_state: the last GTID of each server. Clients write under the borrowed id
/// (borrowed_server_id) while the primary takes back what it lacks. Always none for MySQL.
ClosedWrites find_closed_writes(const AgentState& state, const ServerFacts& server, const std::string& log_file_start,
                                const std::string& logged, std::uint32_t borrowed);

enum class OpeningAction {
  nothing,   ///< the server takes writes, and its opening is written down
  note,      ///< the server took writes by itself when it started: write the opening down
  open,      ///< write the opening down, then let the server take writes
  catch_up,  ///< replicate what is missing from `peer`, read-only
  go_on,     ///< the server replicates from `peer`: look again
  wait,      ///< a pod that exists has not answered yet
  wait_for,  ///< `peer` has had `missing`, which this server lacks, and does not answer
  closed,    ///< a person made the server read-only after it was opened
  hold,      ///< a person must decide
};

struct OpeningPlan {
  OpeningAction action = OpeningAction::wait;
  std::string peer{};                  ///< of catch_up, go_on and wait_for: the name of the pod
  std::string host{};                  ///< of catch_up: where its server is
  std::string missing{};               ///< of these and of hold: GTIDs that the primary lacks
  std::vector<std::string> silent{};   ///< of open and wait: pods that exist and did not answer
  std::vector<std::string> ignored{};  ///< of open: pods that have more, of their own or of before a recovery
  Hold hold{};                         ///< of hold
};

/// How long a pod that exists and falls silent keeps the primary closed.
constexpr std::chrono::seconds silent_peers_wait{10};

/// Decides whether the primary may take writes. `seen_open`: this process saw the server take writes, on the connection
/// that it still has. Each server starts read-only. `opened` of the state names the start of the server
/// (ServerFacts::started) that was opened last. `server` was read after the peers answered: otherwise transactions that
/// were written here meanwhile, and replicated, look like more. "More" is what a peer has executed or received and this
/// server lacks, without what the peer wrote itself and what it had before a recovery of the primary that it does not
/// know. A peer whose data is of another set has no more. A peer can give it where it may hand on what it has
/// (may_hand_on), and where its binary log has it.
///
/// | # | the server | its start  | other pods                                                 | action   |
/// |---|------------|------------|------------------------------------------------------------|----------|
/// | 1 | writable   | opened     |                                                            | nothing  |
/// | 2 | writable   | not opened |                                                            | note     |
/// | 3 | read-only  | opened     |                                                            | closed   |
/// | 4 | read-only  | not opened | one has more, can give it, and has all that this has       | catch_up |
/// | 5 | read-only  | not opened | one has more, can give it, and lacks what this server has  | hold     |
/// | 6 | read-only  | not opened | one is silent, for less than 10 s                          | wait     |
/// | 7 | read-only  | not opened | none has more                                              | open     |
/// | 8 | the same, and was written to (a) | one has more than it had before, follows not | hold     |
/// | 9 | read-only  | not opened | one has more, cannot give it, and no other pod can         | hold     |
/// |10 | read-only  | not opened | one had more, and does not answer now (b)                  | wait_for |
///
/// (a) ClosedWrites.
/// (b) AgentState::lacked; it ends when the pod answers, when this server has it, or by a person's word (`release`).
/// While both threads replicate from the peer of row 4 the action is go_on.
OpeningPlan plan_opening(const AgentState& state, const ServerFacts& server, const std::vector<OpeningPeer>& peers,
                         bool seen_open = false, const ClosedWrites& writes = {});

/// The openings that the primary knows after these peers have answered. A primary whose volume went back has forgotten
/// some: where a peer knows all that the primary knows, and later ones, its list counts.
std::vector<Recovery> known_openings(const AgentState& state, const std::vector<OpeningPeer>& peers, Flavour flavour);

/// Whether this start of the server was opened. A server that was restarted within two seconds of its opening looks
/// like a server that a person closed. Only `seen_open` tells the two apart; without it the server counts as restarted.
bool is_opened(const AgentState& state, const ServerFacts& server, bool seen_open);

/// The sentence for people; empty where the primary takes writes. `paused`: nobody carries the plan out.
std::string opening_text(const OpeningPlan& plan, bool paused = false);

}  // namespace mysql_agent
