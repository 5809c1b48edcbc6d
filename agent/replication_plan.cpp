#include "agent/replication_plan.hpp"

#include "common/gtid.hpp"

namespace mysql_agent {
namespace {

ReplicationPlan plan(ReplicationAction action, std::string reason) {
  ReplicationPlan out;
  out.action = action;
  out.reason = std::move(reason);
  return out;
}

ReplicationPlan hold(const std::string& reason) {
  return plan(ReplicationAction::hold, reason);
}

ReplicationPlan plan_primary(const std::optional<AgentState>& state) {
  if (!state || state->state == DataState::adopted || state->state == DataState::published)
    return plan(ReplicationAction::become_primary, "the pod is the primary");
  if (state->state == DataState::primary) return plan(ReplicationAction::nothing, "the pod is the primary");
  return hold(std::string("the pod is the primary, and its data's state is ") + state_name(state->state) +
              ": this was a replica's volume; if it is to be the primary's, remove .mysql-agent/state.json");
}

// Rows 8 to 11: no source is set on the server.
ReplicationPlan plan_without_source(const AgentState& state, const ServerFacts& server) {
  const MariadbGtidList recorded = MariadbGtidList::parse(state.position.gtid);
  const MariadbGtidList applied = MariadbGtidList::parse(server.applied);
  if (!recorded.covers(applied) && !applied.covers(recorded))
    return hold("the clone was at " + recorded.text() + " and the server is at " + applied.text() +
                ": each has what the other lacks; clone this replica again");
  // Once it replicated the server's own position is the only true one: the recorded one is older than the data.
  if (state.state == DataState::replicating && !applied.covers(recorded))
    return hold("the server stands at " + (applied.empty() ? std::string("no GTID") : applied.text()) + ", behind " + recorded.text() +
                ", where its clone began: somebody has reset its position; set gtid_slave_pos right, or clone this replica again");
  ReplicationPlan out = plan(ReplicationAction::set_up, "no source is set");
  out.set_position = !applied.covers(recorded);
  // A clone of a source that has written nothing yet is at no GTID, and that is a position.
  if (state.state == DataState::adopted && recorded.empty() && applied.empty())
    return hold("the data was adopted without a GTID position (recorded: " + state.position.text() +
                "), and the server has none: nobody knows what of the source it has; clone this replica into an empty volume");
  return out;
}

std::string thread_text(const char* name, const ReplicationThread& thread) {
  return std::string("the ") + name + " thread stopped" +
         (thread.error_number == 0 ? "" : " with error " + std::to_string(thread.error_number) + ": " + thread.error);
}

ReplicationPlan plan_with_source(const AgentState& state, const ServerFacts& server, const SourceAddress& source) {
  const ReplicaStatus& replica = *server.replica;
  if (replica.source_host != source.host || replica.source_port != source.port || replica.source_user != source.user || !replica.by_gtid)
    return plan(ReplicationAction::set_up, "the server replicates from " + replica.source_user + "@" + replica.source_host + ":" +
                                               std::to_string(replica.source_port) + (replica.by_gtid ? "" : ", not by GTID"));
  if (replica.io.error_number == server_error::source_fatal_reading_log && !replica.io.running)
    return hold("the source cannot go on from " + (server.applied.empty() ? "the beginning" : server.applied) +
                ": its logs are purged, or it does not know this position (error 1236: " + replica.io.error +
                "); clone this replica into an empty volume, if the source is the one that is right");
  if (replica.sql.error_number == server_error::gtid_strict_out_of_order)
    return hold("transactions of the source do not follow on " + server.executed + " (error 1950: " + replica.sql.error +
                "): this replica has some that the source has not");
  ReplicationPlan out = plan(ReplicationAction::nothing, "replication runs");
  if (!replica.io.running && replica.io.error_number == server_error::access_denied) {
    out = plan(ReplicationAction::set_up, "the source refused the login");
    out.after_error = true;
    return out;
  }
  const bool io_stopped = !replica.io.running && !replica.io.connecting;
  if (io_stopped || !replica.sql.running) {
    out = plan(ReplicationAction::start, io_stopped ? thread_text("I/O", replica.io) : thread_text("SQL", replica.sql));
    out.after_error = replica.io.error_number != 0 || replica.sql.error_number != 0;
    return out;
  }
  if (state.state != DataState::replicating) out.action = ReplicationAction::mark;
  return out;
}

}  // namespace

std::string own_transactions(const ServerFacts& server) {
  const MariadbGtidList logged = MariadbGtidList::parse(server.logged);
  const MariadbGtidList applied = MariadbGtidList::parse(server.applied);
  const MariadbGtidList unapplied = logged.beyond(applied);
  std::string out;
  for (const auto& [domain, gtid] : unapplied.domains())
    if (gtid.server == server.server_id) out += (out.empty() ? "" : ",") + gtid.text();
  return out;
}

ReplicationPlan plan_replication(Role role, const std::optional<AgentState>& state, const ServerFacts& server,
                                 const SourceAddress& source) {
  if (state && !is_settled(state->state))
    return hold(std::string("the data's state is ") + state_name(state->state) +
                ": a clone is unfinished, and a server runs; run clone-mysql before the server");
  if (role == Role::primary) return plan_primary(state);
  if (!state)
    return hold("the data directory has no state: clone-mysql did not run before this server, so nobody knows what of the "
                "source it has");
  if (state->state == DataState::primary)
    return hold("the data is a primary's, and this pod is a replica: check --first-ordinal");
  const std::string own = own_transactions(server);
  if (!own.empty())
    return hold("this replica has transactions of its own that the source has not: up to " + own + ", the source's end at " +
                (server.applied.empty() ? "none" : server.applied) + "; save what they wrote, then clone this replica again");
  return server.replica ? plan_with_source(*state, server, source) : plan_without_source(*state, server);
}

}  // namespace mysql_agent
