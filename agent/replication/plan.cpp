#include "agent/replication/plan.hpp"

#include <cstdlib>

#include "common/server/gtid.hpp"

namespace mysql_agent {
namespace {

ReplicationPlan plan(ReplicationAction action, std::string reason) {
  ReplicationPlan out;
  out.action = action;
  out.reason = std::move(reason);
  return out;
}

ReplicationPlan hold(HoldKind kind, const std::string& reason) {
  return hold_replication(kind, reason);
}

// A copy by XtraBackup of a MySQL before 8.0.17 has data that its own table of GTIDs lacks; mariadb-backup's has its
// GTIDs with the data.
bool lacks_recorded_gtids(const AgentState& state, const ServerFacts& server) {
  if (server.version.flavour != Flavour::mysql || !server.by_gtid || state.origin != Origin::clone) return false;
  const GtidPosition recorded = GtidPosition::parse(Flavour::mysql, state.position.gtid);
  const GtidPosition executed = GtidPosition::parse(Flavour::mysql, server.executed);
  return recorded.covers(executed) && !executed.covers(recorded);
}

ReplicationPlan plan_primary(const std::optional<AgentState>& state, const ServerFacts& server) {
  if (!state || state->state == DataState::adopted || state->state == DataState::published) {
    ReplicationPlan out = plan(ReplicationAction::become_primary, "the pod is the primary");
    out.set_position = state && state->state == DataState::published && lacks_recorded_gtids(*state, server);
    return out;
  }
  if (state->state == DataState::primary) return plan(ReplicationAction::nothing, "the pod is the primary");
  return hold(HoldKind::state,
              std::string("the pod is the primary, and its data's state is ") + state_name(state->state) +
                  ": this was a replica's volume; if it is to be the primary's, remove .mysql-agent/state.json");
}

// MySQL knows one set, all that it has; what came from where is in the UUIDs.
const std::string& applied_text(const ServerFacts& server) {
  return server.version.flavour == Flavour::mysql ? server.executed : server.applied;
}

// `binlog.000012` and its like: the number counts, for the names are the source's.
std::uint64_t log_number(const std::string& file) {
  const std::size_t dot = file.rfind('.');
  return dot == std::string::npos ? 0 : std::strtoull(file.c_str() + dot + 1, nullptr, 10);
}

bool is_behind(const Position& a, const Position& b) {
  const std::uint64_t a_number = log_number(a.binlog_file);
  const std::uint64_t b_number = log_number(b.binlog_file);
  return a_number != b_number ? a_number < b_number : a.binlog_offset < b.binlog_offset;
}

// Rows 22 and 23.
ReplicationPlan plan_without_source_by_file(const AgentState& state) {
  if (state.state == DataState::replicating)
    return hold(HoldKind::position,
                std::string("the server has gtid_mode=OFF and has forgotten its source, and with it where it was; ") +
                    clone_it_again);
  if (state.position.binlog_file.empty())
    return hold(HoldKind::position,
                "the server has gtid_mode=OFF, and no file and offset of the source are recorded (recorded: " +
                    state.position.text() + "): nobody knows what of the source it has; " + clone_it_again);
  ReplicationPlan out = plan(ReplicationAction::set_up, "no source is set");
  out.settings.by_gtid = false;
  out.settings.start = state.position;
  return out;
}

// Rows 24 and 25. Transactions without a GTID are in no set: by GTID a source sends none of those that are missing
// here, and says nothing.
ReplicationPlan hold_by_file(const ServerFacts& server) {
  if (server.version.flavour == Flavour::mariadb)
    return hold(HoldKind::position,
                "the server replicates by file and offset, and has no GTID position: by GTID its source would begin at "
                "its first "
                "transaction; clone this replica again");
  return hold(HoldKind::position,
              "the server has gtid_mode=ON, and what it has came by file and offset from a source with gtid_mode=OFF: "
              "no GTID tells which "
              "of those transactions it has, and by GTID those that it lacks would be skipped. Set gtid_mode to "
              "ON_PERMISSIVE while the servers run, step by "
              "step, on the primary and here: then this server goes on by file and offset. When it has caught up, and "
              "the primary's "
              "Ongoing_anonymous_transaction_count is 0, set ON on both, and SOURCE_AUTO_POSITION = 1 here. Or clone "
              "it again, when the primary has "
              "gtid_mode=ON");
}

// Row 25, where it holds.
bool must_stay_by_file(const AgentState& state, const ServerFacts& server) {
  if (!server.by_gtid || server.replica->by_gtid) return false;
  if (state.state == DataState::published && !state.position.gtid.empty() && !state.by_file) return false;
  return server.version.flavour == Flavour::mysql || server.applied.empty();
}

// Rows 8 to 11, 19 and 25: no source is set on the server.
ReplicationPlan plan_without_source(const AgentState& state, const ServerFacts& server) {
  if (!server.by_gtid) return plan_without_source_by_file(state);
  if (server.version.flavour == Flavour::mysql && state.by_file) return hold_by_file(server);
  const GtidPosition recorded = GtidPosition::parse(server.version.flavour, state.position.gtid);
  const GtidPosition applied = GtidPosition::parse(server.version.flavour, applied_text(server));
  if (!recorded.covers(applied) && !applied.covers(recorded))
    return hold(HoldKind::position, "the clone was at " + recorded.text() + " and the server is at " + applied.text() +
                                        ": each has what the other lacks; " + clone_it_again);
  // Once it replicated the server's own position is the only true one: the recorded one is older than the data.
  if (state.state == DataState::replicating && !applied.covers(recorded))
    return hold(HoldKind::position,
                "the server stands at " + (applied.empty() ? std::string("no GTID") : applied.text()) + ", behind " +
                    recorded.text() + ", where its clone began: somebody has reset its position; set it right, or " +
                    clone_it_again);
  ReplicationPlan out = plan(ReplicationAction::set_up, "no source is set");
  out.set_position = !applied.covers(recorded);
  // A clone of a source that has written nothing yet is at no GTID, and that is a position.
  if (state.state == DataState::adopted && recorded.empty() && applied.empty())
    return hold(HoldKind::position, "the data was adopted without a GTID position (recorded: " + state.position.text() +
                                        "), and the server has none: nobody knows what of the source it has; " +
                                        clone_it_again);
  return out;
}

std::string thread_text(const char* name, const ReplicationThread& thread) {
  return std::string("the ") + name + " thread stopped" +
         (thread.error_number == 0 ? "" : " with error " + std::to_string(thread.error_number) + ": " + thread.error);
}

// set_up where the server has a source already. Settings that came with a clone may come with a copy whose GTIDs are
// behind the recorded ones (XtraBackup); by file and offset the place must not get lost.
ReplicationPlan set_up_again(const AgentState& state, const ServerFacts& server, const SourceAddress& source,
                             const std::string& reason) {
  ReplicationPlan out = plan(ReplicationAction::set_up, reason);
  if (server.by_gtid && state.state == DataState::published) {
    out = plan_without_source(state, server);
    out.reason = out.action == ReplicationAction::hold ? out.reason : reason;
  }
  out.settings.tls = server.replica->io.error_number != server_error::tls_refused;
  if (server.by_gtid) return out;
  out.settings.by_gtid = false;
  out.settings.start = server.replica->executed;
  // File numbers of another server mean nothing beside the recorded ones.
  const bool same_source = server.replica->source_host == source.host;
  if (state.state == DataState::published && (!same_source || is_behind(out.settings.start, state.position)))
    out.settings.start = state.position;
  if (out.settings.start.binlog_file.empty())
    return hold(
        HoldKind::position,
        std::string("the server has gtid_mode=OFF, and it does not say how far it has got in its source's log; ") +
            clone_it_again);
  return out;
}

// The number stands for all that a source says while it sends its log, among it what passes: a log that a full disk has
// cut, a packet that is too large, two replicas of one UUID. Only its text tells them apart (MySQL 5.7 to 9.7,
// MariaDB 10.6 to 11.8: sql/rpl_source.cc, sql_repl.cc).
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
  if (state.doubtful_relay_log)
    return set_up_again(state, server, source, "the relay log may hold events of another set");
  if (replica.source_host != source.host || replica.source_port != source.port || replica.source_user != source.user ||
      replica.by_gtid != server.by_gtid || replica.connects_again)
    return set_up_again(state, server, source,
                        "the server replicates from " + replica.source_user + "@" + replica.source_host + ":" +
                            std::to_string(replica.source_port) + (replica.by_gtid ? "" : ", not by GTID") +
                            (replica.connects_again ? ", and connects again by itself" : ""));
  if (!replica.io.running && says_position_is_gone(replica.io))
    return hold(HoldKind::purged, "the source cannot go on from " + (applied.empty() ? "the beginning" : applied) +
                                      ": its logs are purged, or it does not know this position (error " +
                                      std::to_string(replica.io.error_number) + ": " + replica.io.error +
                                      "); if the source is the one that is right, " + clone_it_again);
  if (replica.sql.error_number == server_error::gtid_strict_out_of_order)
    return hold(HoldKind::diverged, "transactions of the source do not follow on " + server.executed +
                                        " (error 1950: " + replica.sql.error +
                                        "): this replica has some that the source has not");
  if (!replica.io.running && replica.io.error_number == server_error::access_denied) {
    ReplicationPlan out = set_up_again(state, server, source, "the source refused the login");
    out.after_error = true;
    return out;
  }
  if (!replica.io.running && replica.io.error_number == server_error::tls_refused && replica.tls)
    return set_up_again(state, server, source, "the source offers no TLS");
  const bool io_stopped = !replica.io.running && !replica.io.connecting;
  const bool error = replica.io.error_number != 0 || replica.sql.error_number != 0;
  // A physical copy of a MySQL replica brings the donor's settings along, and relay log positions without relay logs.
  if (state.state == DataState::published && io_stopped && !replica.sql.running && !error)
    return set_up_again(state, server, source, "the source came with the clone");
  // Without TLS is how a source without it was set up once: it may offer TLS now.
  if (server.version.flavour == Flavour::mysql && io_stopped && !replica.tls &&
      replica.io.error_number != server_error::tls_refused) {
    ReplicationPlan out =
        set_up_again(state, server, source, thread_text("I/O", replica.io) + "; the source was set without TLS");
    out.after_error = error;
    return out;
  }
  if (io_stopped || !replica.sql.running) {
    ReplicationPlan out =
        plan(ReplicationAction::start, io_stopped ? thread_text("I/O", replica.io) : thread_text("SQL", replica.sql));
    out.after_error = error;
    return out;
  }
  return plan(state.state == DataState::replicating ? ReplicationAction::nothing : ReplicationAction::mark,
              "replication runs");
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

ReplicationPlan hold_replication(HoldKind kind, const std::string& reason) {
  ReplicationPlan out = plan(ReplicationAction::hold, reason);
  out.held = kind;
  return out;
}

std::string own_transactions(const ServerFacts& server) {
  if (server.version.flavour == Flavour::mariadb) return own_mariadb_transactions(server);
  return MysqlGtidSet::parse(server.executed).of_server(server.uuid).text();
}

std::uint64_t own_transaction_count(const ServerFacts& server) {
  const std::string own = own_transactions(server);
  if (own.empty()) return 0;
  if (server.version.flavour == Flavour::mariadb)
    return MariadbGtidList::parse(own).transactions_beyond(MariadbGtidList::parse(server.applied));
  return MysqlGtidSet::parse(own).transactions_beyond({});
}

ReplicationPlan plan_replication(Role role, const std::optional<AgentState>& state, const ServerFacts& server,
                                 const SourceAddress& source) {
  if (state && !is_settled(state->state))
    return hold(HoldKind::state, std::string("the data's state is ") + state_name(state->state) +
                                     ": a clone is unfinished, and a server runs; run clone-mysql before the server");
  if (role == Role::primary) return plan_primary(state, server);
  if (!state)
    return hold(
        HoldKind::state,
        "the data directory has no state: clone-mysql did not run before this server, so nobody knows what of the "
        "source it has");
  if (state->state == DataState::primary)
    return hold(HoldKind::state, "the data is a primary's, and this pod is a replica: check --first-ordinal");
  const std::string own = own_transactions(server);
  if (!own.empty())
    return hold(HoldKind::diverged,
                "this replica has transactions of its own that the source has not: " + own +
                    ", of all that it has: " + (server.executed.empty() ? "none" : server.executed) +
                    "; save what they wrote, then " + clone_it_again);
  return server.replica ? plan_with_source(*state, server, source) : plan_without_source(*state, server);
}

}  // namespace mysql_agent
