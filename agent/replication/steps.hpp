#pragma once

#include "agent/pod/pod_view.hpp"
#include "agent/replication/opening.hpp"
#include "agent/replication/plan.hpp"
#include "common/server/dialect.hpp"
#include "common/server/mysql_client.hpp"

namespace mysql_agent {

// The actions of plan_replication and plan_opening. Each may be killed at any statement: the next look plans again from
// what the kill has left. Each throws SqlError, and failed where the state cannot be written. After a throw the view
// shows the steps that were done.

/// Lets a replica replicate from `source` by the plan's settings, and writes the state `replicating`.
void set_up_replication(MysqlClient& client, const DataDir& dir, const ReplicationPlan& plan,
                        const SourceAddress& source, PodView& view);

/// Forgets the primary's source, sets the recorded position where the plan asks for it, and writes the state `primary`.
void become_primary(MysqlClient& client, const DataDir& dir, const ReplicationPlan& plan, PodView& view);

/// Reads from a primary's server what find_closed_writes asks for. Throws SqlError.
ClosedWrites read_closed_writes(MysqlClient& client, const PodView& view);

/// Carries out a step of the opening. The next look plans the next step.
void carry_out_opening(MysqlClient& client, const DataDir& dir, const OpeningPlan& plan, const SourceAddress& account,
                       PodView& view);

/// Writes down that the primary takes writes from its position on, and not that this start of its server needs no other
/// opening.
void note_opening(MysqlClient& client, const DataDir& dir, PodView& view);

/// Writes down that the primary's binary log was thrown away: a replica that does not know of that is held.
void note_reset(const DataDir& dir, PodView& view);

/// Writes the state.
void mark_state(const DataDir& dir, PodView& view, DataState state);

/// Writes the two facts of the state that say how a replica has followed, where they changed.
void note_in_state(const DataDir& dir, PodView& view, bool doubtful_relay_log, bool by_file);

}  // namespace mysql_agent
