#pragma once

#include <optional>
#include <string>

#include "agent/pod/hold.hpp"
#include "common/base/pod.hpp"
#include "common/server/dialect.hpp"
#include "common/server/server_facts.hpp"
#include "common/volume/state_file.hpp"

namespace mysql_agent {

enum class ReplicationAction {
  nothing,  ///< all agrees
  set_up,   ///< stop, forget, set the position if `set_position`; write `replicating`; point to the source, start
  start,    ///< start the threads again
  mark,     ///< replication is set up and only the state is behind: write `replicating`
  become_primary,  ///< forget the source that came with the clone, if any; then write `primary`
  hold,            ///< touch nothing: a person must look
};

/// Why an action is taken; plan_reason_text says it for people.
enum class PlanReason {
  is_primary,           ///< the pod is the primary
  no_source,            ///< no source is set
  doubtful_relay_log,   ///< the relay log may hold events of another set
  other_source,         ///< the server replicates from another source, or in another way
  login_refused,        ///< the source refused the login
  old_log,              ///< the copy is new, and the server's binary log is not
  source_without_tls,   ///< the source offers no TLS
  source_of_the_donor,  ///< the source came with the clone
  set_without_tls,      ///< the I/O thread stopped, and the source was set without TLS
  receiver_stopped,     ///< the I/O thread stopped
  applier_stopped,      ///< the SQL thread stopped
  runs,                 ///< replication runs
};

struct ReplicationPlan {
  ReplicationAction action = ReplicationAction::nothing;
  bool set_position = false;  ///< of set_up and become_primary: the recorded GTIDs are ahead of the server's
  bool new_log = false;       ///< with set_position: the binary log is older than the data
  SourceSettings settings;    ///< of set_up
  bool after_error = false;   ///< of start and set_up: a thread failed, so not at once again
  PlanReason reason = PlanReason::runs;
  Hold hold{};  ///< of hold
};

/// Decides what the sidecar does at one look, from what is set and not from what was once done: repeating it from any
/// point is safe, and a position never moves backwards. "Recorded" is the state file's position, "applied" the
/// server's. A MySQL server with gtid_mode=OFF replicates by file and offset; what is said of GTIDs holds for those
/// then.
///
/// | # | role    | state                  | server                                         | action                   |
/// |---|---------|------------------------|------------------------------------------------|--------------------------|
/// | 1 | primary | none, adopted          |                                                | become_primary (a)       |
/// | 2 | primary | published              |                                                | become_primary (b)       |
/// | 3 | primary | primary                |                                                | nothing                  |
/// | 4 | primary | replicating            |                                                | hold                     |
/// | 5 | any     | cloning ... publishing |                                                | hold                     |
/// | 6 | replica | none, primary          |                                                | hold                     |
/// | 7 | replica | others                 | has transactions of its own                    | hold                     |
/// | 8 | replica | others                 | no source, neither position covers the other   | hold                     |
/// | 9 | replica | published, adopted     | no source, recorded is ahead of applied        | set_up with the position |
/// |10 | replica | others                 | no source, applied covers recorded             | set_up                   |
/// |11 | replica | adopted                | no source, no GTID recorded, none applied      | hold                     |
/// |12 | replica | any of these           | another source, or another way to it (c)       | set_up (d)               |
/// |13 | replica | any of these           | I/O thread: 1236, purged or unknown position   | hold                     |
/// |14 | replica | any of these           | SQL thread: 1950, out of order                 | hold                     |
/// |15 | replica | any of these           | I/O thread: login refused                      | set_up, after_error      |
/// |16 | replica | any of these           | a thread stopped                               | start                    |
/// |17 | replica | published, adopted     | both run, or the I/O thread goes on trying     | mark                     |
/// |18 | replica | replicating            | both run, or the I/O thread goes on trying     | nothing                  |
/// |19 | replica | replicating            | no source, recorded is ahead: a reset          | hold                     |
/// |20 | replica | published              | the source of the donor, both threads stopped  | as rows 8 to 10          |
/// |21 | replica | any of these           | I/O thread: the source offers no TLS           | set_up without TLS       |
/// |22 | replica | published, adopted     | no source, file and offset are recorded        | set_up there             |
/// |23 | replica | any of these           | by file and offset, not known from where (e)   | hold                     |
/// |24 | replica | any of these           | MySQL, I/O stopped, source set without TLS     | set_up with TLS (f)      |
/// |25 | replica | any of these           | by GTID, with a source by file and offset (g)  | hold                     |
/// |26 | replica | any of these           | MySQL by GTID, no source, state `by_file`      | hold                     |
/// |27 | primary | published              | read-only, and has GTIDs that its copy had not | become_primary (h)       |
/// |28 | replica | published              | the same, its own, and no source               | set_up, new log (h)      |
///
/// (a) The sources that are set stay.
/// (b) MySQL, and recorded is ahead of applied: with the position.
/// (c) By file on a server without GTIDs, by GTID on a server with them; or a source to which MySQL connects again by
///     itself.
/// (d) `published`: as rows 8 to 10.
/// (e) Also `replicating` without a source.
/// (f) Row 21 takes that back.
/// (g) MySQL, or MariaDB without any position. `published` with GTIDs recorded: row 12.
/// (h) With a new log, if the GTIDs are older than the copy. What the copy's server wrote itself a primary keeps, or
///     holds where its log must be begun anew; on a replica it is row 7.
ReplicationPlan plan_replication(Role role, const std::optional<AgentState>& state, const ServerFacts& server,
                                 const SourceAddress& source, const std::string& accepted = "");

/// What a replica stops when it finds that its primary is of another set.
enum class LeaveOtherSet {
  nothing,
  receiver,  ///< the I/O thread alone: all that is in the relay log came from the data's own set, and is applied
  all,       ///< the SQL thread too, and the relay log is doubtful: it may hold events of the other set
};
/// `own` is the latest received position (ReplicaStatus::received) that surely came from the data's own set; nullopt:
/// this process has seen none. `doubtful` is AgentState::doubtful_relay_log.
///
/// | # | I/O thread         | received since `own` | stops    |
/// |---|--------------------|----------------------|----------|
/// | 1 | stopped            |                      | nothing  |
/// | 2 | runs or connects   | nothing              | receiver |
/// | 3 | runs or connects   | something            | all      |
/// | 4 | any, and the state says doubtful_relay_log |  | all that still runs |
LeaveOtherSet leave_other_set(const ReplicaStatus& replica, const std::optional<Position>& own, bool doubtful);

/// A plan that holds replication for a reason which this server alone does not show.
ReplicationPlan hold_replication(Hold found);

/// The sentence for a log: why a plan acts on a server with this replication.
std::string plan_reason_text(PlanReason reason, const std::optional<ReplicaStatus>& replica);

/// MariaDB: the gtid_slave_pos that this primary must get, so that its copies have its position. The primary's log has
/// transactions under another server id (--server-id-base was changed, or the data was restored), and MariaDB leaves
/// these out of gtid_current_pos. Empty: gtid_current_pos is right, or a source is set and gtid_slave_pos is of it.
std::string position_to_tell(const ServerFacts& server);

/// The transactions that a replica wrote itself, as GTIDs, less `accepted`; empty: none. On MySQL these have the
/// server's own UUID. On MariaDB these are in the log and were not replicated. A commit in flight looks like that for a
/// moment, so only what two looks show counts.
std::string own_transactions(const ServerFacts& server, const std::string& accepted = "");
/// The GTIDs of own transactions that need no judgement: `by_person`, which a person has accepted. On MySQL also
/// `of_primary`, the primary's position: transactions with this server's UUID that the primary has came from here, as
/// after the usual mend with empty transactions.
std::string accepted_here(const ServerFacts& server, const std::string& by_person, const std::string& of_primary);
/// The transactions that this replica wrote and that a primary at `of_primary` lacks, accepted or not.
std::string own_beside_primary(const ServerFacts& server, const std::string& of_primary);
/// The number of own_transactions.
std::uint64_t own_transaction_count(const ServerFacts& server);

}  // namespace mysql_agent
