#include "agent/replication/plan.hpp"

#include <cstdlib>

#include "common/server/gtid.hpp"

namespace mysql_agent {
namespace {

ReplicationPlan plan(ReplicationAction action, PlanReason reason) {
  ReplicationPlan out;
  out.action = action;
  out.reason = reason;
  return out;
}

ReplicationPlan hold(Hold found) {
  return hold_replication(std::move(found));
}

// XtraBackup's copy of a MySQL before 8.0.17 has data that the copy's own table of GTIDs lacks. A copy of
// mariadb-backup has its GTIDs with the data.
bool lacks_recorded_gtids(const AgentState& state, const ServerFacts& server) {
  if (server.version.flavour != Flavour::mysql || !server.by_gtid || state.origin != Origin::clone) return false;
  const GtidPosition recorded = GtidPosition::parse(Flavour::mysql, state.position.gtid);
  const GtidPosition executed = GtidPosition::parse(Flavour::mysql, server.executed);
  return recorded.covers(executed) && !executed.covers(recorded);
}

// Whether this is a copy that is not in use yet, and whose GTIDs the agent knows. A server that takes writes is in use:
// it may have written since.
bool is_fresh_copy(const AgentState& state, const ServerFacts& server) {
  return server.read_only && state.state == DataState::published && state.origin == Origin::clone && server.by_gtid &&
         !state.by_file && !state.position.gtid.empty();
}

// What the server of a fresh copy has written itself. On MySQL that has the UUID which the server made for this copy.
// On MariaDB a log in the data directory is no older than the copy, and in another directory its newest file.
GtidPosition written_by_copy(const ServerFacts& server) {
  if (server.version.flavour == Flavour::mysql)
    return GtidPosition(MysqlGtidSet::parse(server.executed).of_server(server.uuid));
  return GtidPosition::parse(Flavour::mariadb, server.logged)
      .beyond(GtidPosition::parse(Flavour::mariadb, server.log_in_data ? "" : server.log_file_start));
}

// Rows 27 and 28. GTIDs that the copy had not, and that its server did not write, come from an old binary log: log_bin
// may name another directory.
bool has_old_log(const AgentState& state, const ServerFacts& server) {
  if (!is_fresh_copy(state, server)) return false;
  const Flavour flavour = server.version.flavour;
  const std::string& before = server.log_in_data ? server.applied : server.log_file_start;
  const GtidPosition older = flavour == Flavour::mysql
                                 ? GtidPosition::parse(flavour, server.executed).beyond(written_by_copy(server))
                                 : GtidPosition::parse(flavour, before);
  return !GtidPosition::parse(flavour, state.position.gtid).covers(older);
}

// Whether nothing has replicated to the copy yet. The state is `replicating` before a server is pointed to a source by
// GTID, so a source that is set before that came with the copy, as on MySQL.
bool is_unconnected_copy(const AgentState& state, const ServerFacts& server) {
  if (!is_fresh_copy(state, server)) return false;
  if (!server.replica) return true;
  const ReplicaStatus& replica = *server.replica;
  return !replica.io.running && !replica.io.connecting && !replica.sql.running;
}

// On MariaDB the GTIDs of a clone can be set beside a log.
bool lacks_gtids_beside_log(const AgentState& state, const ServerFacts& server) {
  return server.version.flavour == Flavour::mysql &&
         !GtidPosition::parse(Flavour::mysql, server.executed)
              .covers(GtidPosition::parse(Flavour::mysql, state.position.gtid));
}

ReplicationPlan plan_with_new_log() {
  ReplicationPlan out = plan(ReplicationAction::set_up, PlanReason::old_log);
  out.set_position = out.new_log = true;
  return out;
}

ReplicationPlan plan_primary(const std::optional<AgentState>& state, const ServerFacts& server) {
  if (!state || state->state == DataState::adopted || state->state == DataState::published) {
    ReplicationPlan out = plan(ReplicationAction::become_primary, PlanReason::is_primary);
    // With an old log or without its clone's GTIDs the log must be begun anew, and would lose what was written.
    if (state && is_fresh_copy(*state, server) && !written_by_copy(server).empty() &&
        (has_old_log(*state, server) || lacks_gtids_beside_log(*state, server)))
      return hold({.cause = HoldCause::clone_and_server_disagree,
                   .gtids = written_by_copy(server).text(),
                   .beside = state->position.gtid});
    out.set_position = state && state->state == DataState::published &&
                       (lacks_recorded_gtids(*state, server) || has_old_log(*state, server));
    out.new_log = out.set_position && has_old_log(*state, server);
    return out;
  }
  if (state->state == DataState::primary) return plan(ReplicationAction::nothing, PlanReason::is_primary);
  return hold({.cause = HoldCause::primary_on_replica_volume, .detail = state_name(state->state)});
}

// MySQL has one GTID set for all its transactions. The UUIDs in the set tell which server wrote what.
const std::string& applied_text(const ServerFacts& server) {
  return server.version.flavour == Flavour::mysql ? server.executed : server.applied;
}

// Rows 22 and 23.
ReplicationPlan plan_without_source_by_file(const AgentState& state) {
  if (state.state == DataState::replicating) return hold({.cause = HoldCause::source_forgotten_by_file});
  if (state.position.binlog_file.empty())
    return hold({.cause = HoldCause::no_file_recorded, .beside = state.position.text()});
  ReplicationPlan out = plan(ReplicationAction::set_up, PlanReason::no_source);
  out.settings.by_gtid = false;
  out.settings.start = state.position;
  return out;
}

// Rows 25 and 26. Transactions without a GTID are in no set. A source that is asked by GTID does not send them, and
// reports no error.
ReplicationPlan hold_by_file(const ServerFacts& server) {
  const bool mariadb = server.version.flavour == Flavour::mariadb;
  return hold({.cause = mariadb ? HoldCause::followed_by_file_mariadb : HoldCause::followed_by_file});
}

// The hold of row 25, if the row applies.
bool must_stay_by_file(const AgentState& state, const ServerFacts& server) {
  if (!server.by_gtid || server.replica->by_gtid) return false;
  if (state.state == DataState::published && !state.position.gtid.empty() && !state.by_file) return false;
  return server.version.flavour == Flavour::mysql || server.applied.empty();
}

// Rows 8 to 11, 19 and 26: no source is set on the server.
ReplicationPlan plan_without_source(const AgentState& state, const ServerFacts& server) {
  if (!server.by_gtid) return plan_without_source_by_file(state);
  if (server.version.flavour == Flavour::mysql && state.by_file) return hold_by_file(server);
  const GtidPosition recorded = GtidPosition::parse(server.version.flavour, state.position.gtid);
  const GtidPosition applied = GtidPosition::parse(server.version.flavour, applied_text(server));
  if (!recorded.covers(applied) && !applied.covers(recorded))
    return hold({.cause = HoldCause::clone_and_server_disagree, .gtids = applied.text(), .beside = recorded.text()});
  // After the server has replicated, only its own position is true: the recorded position is older than the data.
  if (state.state == DataState::replicating && !applied.covers(recorded))
    return hold({.cause = HoldCause::position_was_reset, .gtids = applied.text(), .beside = recorded.text()});
  ReplicationPlan out = plan(ReplicationAction::set_up, PlanReason::no_source);
  out.set_position = !applied.covers(recorded);
  // A source that has written nothing yet has no GTID. Its clone's empty position is a valid position.
  if (state.state == DataState::adopted && recorded.empty() && applied.empty())
    return hold({.cause = HoldCause::adopted_without_position, .beside = state.position.text()});
  return out;
}

// set_up where a source is set already. A source that came with a clone may come with GTIDs that are behind the
// recorded GTIDs (XtraBackup). A server that replicates by file and offset must keep its place.
ReplicationPlan set_up_again(const AgentState& state, const ServerFacts& server, const SourceAddress& source,
                             PlanReason reason) {
  ReplicationPlan out = plan(ReplicationAction::set_up, reason);
  if (server.by_gtid && state.state == DataState::published) {
    out = plan_without_source(state, server);
    out.reason = reason;
  }
  // A delay that a person set is kept. The delay of a new copy came from its donor, and is not.
  if (state.state != DataState::published) out.settings.delay_seconds = server.replica->delay_seconds;
  out.settings.tls = server.replica->io.error_number != server_error::tls_refused;
  // MariaDB before 11.5 refuses a login without TLS as it refuses a wrong password. So both are tried, in turn.
  out.settings.demand_tls = server.version.flavour == Flavour::mariadb && !server.replica->tls &&
                            server.replica->io.error_number == server_error::access_denied;
  if (server.by_gtid) return out;
  out.settings.by_gtid = false;
  out.settings.start = server.replica->executed;
  // The file numbers of another server cannot be compared with the recorded numbers.
  const bool same_source = server.replica->source_host == source.host;
  if (state.state == DataState::published && (!same_source || is_behind(out.settings.start, state.position)))
    out.settings.start = state.position;
  if (out.settings.start.binlog_file.empty()) return hold({.cause = HoldCause::no_file_known});
  return out;
}

// The number 1236 stands for every error of a source that sends its log. Some of these pass: a log that a full disk has
// cut, a packet that is too large, two replicas with one UUID. Only the error's text tells them apart (MySQL 5.7 to
// 9.7, MariaDB 10.6 to 11.8: sql/rpl_source.cc, sql_repl.cc).
bool says_position_is_gone(const ReplicationThread& io) {
  if (io.error_number != server_error::source_fatal_reading_log &&
      io.error_number != server_error::mysql_source_fatal_reading_log)
    return false;
  for (const char* const words :
       {"purged", "Could not find first log file name", "Could not find GTID state", "which is not in the",
        "is missing the GTID", "more GTIDs than the", "position > file size", "impossible position"})
    if (io.error.find(words) != std::string::npos) return true;
  return false;
}

ReplicationPlan plan_with_source(const AgentState& state, const ServerFacts& server, const SourceAddress& source) {
  const ReplicaStatus& replica = *server.replica;
  const std::string& applied = applied_text(server);
  if (must_stay_by_file(state, server)) return hold_by_file(server);
  if (state.doubtful_relay_log) return set_up_again(state, server, source, PlanReason::doubtful_relay_log);
  if (replica.source_host != source.host || replica.source_port != source.port || replica.source_user != source.user ||
      replica.by_gtid != server.by_gtid || replica.connects_again)
    return set_up_again(state, server, source, PlanReason::other_source);
  if (!replica.io.running && says_position_is_gone(replica.io))
    return hold({.cause = HoldCause::source_cannot_go_on,
                 .gtids = applied,
                 .detail = replica.io.error,
                 .error_number = replica.io.error_number});
  if (replica.sql.error_number == server_error::gtid_strict_out_of_order)
    return hold({.cause = HoldCause::out_of_order, .beside = server.executed, .detail = replica.sql.error});
  if (!replica.io.running && replica.io.error_number == server_error::access_denied) {
    ReplicationPlan out = set_up_again(state, server, source, PlanReason::login_refused);
    out.after_error = true;
    return out;
  }
  if (!replica.io.running && replica.io.error_number == server_error::tls_refused && replica.tls)
    return set_up_again(state, server, source, PlanReason::source_without_tls);
  const bool io_stopped = !replica.io.running && !replica.io.connecting;
  const bool error = replica.io.failed() || replica.sql.failed();
  // A physical copy of a MySQL replica brings the donor's settings along, and relay log positions without relay logs.
  if (state.state == DataState::published && io_stopped && !replica.sql.running && !error)
    return set_up_again(state, server, source, PlanReason::source_of_the_donor);
  // The source was set up without TLS because it offered none then. It may offer TLS now.
  if (server.version.flavour == Flavour::mysql && io_stopped && !replica.tls &&
      replica.io.error_number != server_error::tls_refused) {
    ReplicationPlan out = set_up_again(state, server, source, PlanReason::set_without_tls);
    out.after_error = error;
    return out;
  }
  if (io_stopped || !replica.sql.running) {
    ReplicationPlan out =
        plan(ReplicationAction::start, io_stopped ? PlanReason::receiver_stopped : PlanReason::applier_stopped);
    out.after_error = error;
    return out;
  }
  return plan(state.state == DataState::replicating ? ReplicationAction::nothing : ReplicationAction::mark,
              PlanReason::runs);
}

std::string own_mariadb_transactions(const ServerFacts& server) {
  const MariadbGtidList logged = MariadbGtidList::parse(server.logged);
  const MariadbGtidList applied = MariadbGtidList::parse(server.applied);
  const MariadbGtidList unapplied = logged.beyond(applied);
  std::string out;
  for (const auto& [domain, gtid] : unapplied.domains())
    if (gtid.server == server.server_id) out += (out.empty() ? "" : ",") + gtid.text();
  return out;
}

}  // namespace

LeaveOtherSet leave_other_set(const ReplicaStatus& replica, const std::optional<Position>& own, bool doubtful) {
  const bool receives = replica.io.running || replica.io.connecting;
  if (doubtful) return receives || replica.sql.running ? LeaveOtherSet::all : LeaveOtherSet::nothing;
  if (!receives) return LeaveOtherSet::nothing;
  return own && *own == replica.received ? LeaveOtherSet::receiver : LeaveOtherSet::all;
}

ReplicationPlan hold_replication(Hold found) {
  ReplicationPlan out;
  out.action = ReplicationAction::hold;
  out.hold = std::move(found);
  return out;
}

std::string position_to_tell(const ServerFacts& server) {
  if (server.version.flavour != Flavour::mariadb || server.replica) return "";
  const MariadbGtidList executed = MariadbGtidList::parse(server.executed);
  return MariadbGtidList::parse(server.told).covers(executed) ? "" : executed.text();
}

std::string own_transactions(const ServerFacts& server, const std::string& accepted) {
  const Flavour flavour = server.version.flavour;
  const std::string own = flavour == Flavour::mariadb
                              ? own_mariadb_transactions(server)
                              : MysqlGtidSet::parse(server.executed).of_server(server.uuid).text();
  return GtidPosition::parse(flavour, own).beyond(GtidPosition::parse(flavour, accepted)).text();
}

std::string accepted_here(const ServerFacts& server, const std::string& by_person, const std::string& of_primary) {
  return server.version.flavour == Flavour::mysql ? joined_gtids(by_person, of_primary) : by_person;
}

std::string own_beside_primary(const ServerFacts& server, const std::string& of_primary) {
  return own_transactions(server, accepted_here(server, "", of_primary));
}

std::uint64_t own_transaction_count(const ServerFacts& server) {
  const std::string own = own_transactions(server);
  if (own.empty()) return 0;
  if (server.version.flavour == Flavour::mariadb)
    return MariadbGtidList::parse(own).transactions_beyond(MariadbGtidList::parse(server.applied));
  return MysqlGtidSet::parse(own).transactions_beyond({});
}

ReplicationPlan plan_replication(Role role, const std::optional<AgentState>& state, const ServerFacts& server,
                                 const SourceAddress& source, const std::string& accepted) {
  if (state && !is_settled(state->state))
    return hold({.cause = HoldCause::unfinished_clone, .detail = state_name(state->state)});
  if (role == Role::primary) return plan_primary(state, server);
  if (!state) return hold({.cause = HoldCause::no_state});
  if (state->state == DataState::primary) return hold({.cause = HoldCause::replica_on_primary_volume});
  const std::string own = own_transactions(server, accepted);
  const auto is_accepted = [&](const GtidPosition& gtids) {
    return gtids.beyond(GtidPosition::parse(server.version.flavour, accepted)).empty();
  };
  // What the copy wrote before it was connected is judged. Only what is older is an old log, and goes.
  if (is_unconnected_copy(*state, server) && is_accepted(written_by_copy(server)) &&
      (!own.empty() || has_old_log(*state, server) || !written_by_copy(server).empty()))
    return plan_with_new_log();
  if (!own.empty()) return hold({.cause = HoldCause::own_transactions, .gtids = own, .beside = server.executed});
  return server.replica ? plan_with_source(*state, server, source) : plan_without_source(*state, server);
}

}  // namespace mysql_agent
