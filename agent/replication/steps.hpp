#pragma once

#include "agent/pod/pod_view.hpp"
#include "agent/replication/opening.hpp"
#include "agent/replication/plan.hpp"
#include "common/server/dialect.hpp"
#include "common/server/mysql_client.hpp"

namespace mysql_agent {

// What plan_replication's actions do to a server and its state. Each may be killed at any statement: the next look
// plans again from what is there. All throw SqlError, and failed where the state cannot be written; the view is then as
// far as they came.

/// A replica replicates from `source`, by the plan's settings, and its state is `replicating`.
void set_up_replication(MysqlClient& client, const DataDir& dir, const ReplicationPlan& plan,
                        const SourceAddress& source, PodView& view);

/// A primary has no source, and the recorded position where the plan says that it lacks it; its state is `primary`.
void become_primary(MysqlClient& client, const DataDir& dir, const ReplicationPlan& plan, PodView& view);

/// Carries out what plan_opening decided, one step a look: each can be killed and is planned anew.
void carry_out_opening(MysqlClient& client, const DataDir& dir, const OpeningPlan& plan, const SourceAddress& account,
                       PodView& view);

/// Writes the state.
void mark_state(const DataDir& dir, PodView& view, DataState state);

/// Writes the two facts of the state that say how a replica has followed, where they changed.
void note_in_state(const DataDir& dir, PodView& view, bool doubtful_relay_log, bool by_file);

}  // namespace mysql_agent
