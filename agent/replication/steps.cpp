#include "agent/replication/steps.hpp"

#include <chrono>
#include <limits>

#include "agent/replication/events.hpp"
#include "agent/replication/healing.hpp"
#include "agent/replication/log_watch.hpp"
#include "common/base/component.hpp"
#include "common/base/crash_point.hpp"
#include "common/base/log.hpp"
#include "common/server/gtid.hpp"

namespace mysql_agent {
namespace {

constexpr std::chrono::seconds connect_retry{5};

void forget_source(MysqlClient& client, const Dialect& dialect) {
  client.execute(dialect.stop_replica());
  crash_point("replication.stopped");
  client.execute(dialect.forget_source());
  crash_point("replication.forgotten");
}

void set_position(MysqlClient& client, const Dialect& dialect, const AgentState& state, bool new_log) {
  if (new_log) client.execute(dialect.reset_log());
  for (const std::string& statement : dialect.set_position(state.position.gtid)) client.execute(statement);
  crash_point("replication.positioned");
}

}  // namespace

void set_up_replication(MysqlClient& client, const DataDir& dir, const ReplicationPlan& plan,
                        const SourceAddress& source, PodView& view) {
  const Dialect dialect(view.server->version);
  // The state says how the server has followed before the source is forgotten: afterwards the server does not tell it.
  note_in_state(dir, view, view.state->doubtful_relay_log, !plan.settings.by_gtid);
  const auto before = view.server->replica;
  if (before) forget_source(client, dialect);
  note_in_state(dir, view, false, view.state->by_file);
  if (plan.set_position) set_position(client, dialect, *view.state, plan.new_log);
  // From the first replicated event on, the server has more than its clone, and not from an old log.
  if (plan.settings.by_gtid && view.state->state != DataState::replicating)
    mark_state(dir, view, DataState::replicating);
  client.execute_unlogged(dialect.point_to_source(source, connect_retry, plan.settings));
  crash_point("replication.pointed");
  client.execute(dialect.start_replica());
  crash_point("replication.started");
  log_event(LogLevel::info, component::sidecar, "started replication",
            {{"source", source.host},
             {"position", plan.set_position       ? view.state->position.text()
                          : plan.settings.by_gtid ? view.server->executed
                                                  : plan.settings.start.text()},
             {"reason", plan_reason_text(plan.reason, before)}});
  if (view.state->state != DataState::replicating) mark_state(dir, view, DataState::replicating);
  view.server = read_server_facts(client);
}

void become_primary(MysqlClient& client, const DataDir& dir, const ReplicationPlan& plan, PodView& view) {
  const Dialect dialect(view.server->version);
  const bool cloned = view.state && view.state->origin == Origin::clone;
  if (cloned && view.server->replica) {
    forget_source(client, dialect);
    log_event(LogLevel::info, component::sidecar, "forgot the source that came with the clone");
  }
  if (cloned) view.state->events_wait = true;
  if (plan.set_position) {
    set_position(client, dialect, *view.state, plan.new_log);
    log_event(LogLevel::info, component::sidecar, "set the clone's recorded position",
              {{"position", view.state->position.gtid}});
  }
  if (!view.state) {
    // The image's entrypoint made this directory. Its server has come up, so the directory is complete.
    view.state.emplace();
    view.state->pod = view.pod.name;
    view.state->origin = Origin::initialize;
  }
  mark_state(dir, view, DataState::primary);
}

namespace {

// A replica compares itself with the openings that are kept. A replica that was away for longer knows none of them, and
// is held.
constexpr std::size_t kept_openings = 100;

void add_recovery(AgentState& state, const Recovery& recovery) {
  state.recoveries.push_back(recovery);
  if (state.recoveries.size() > kept_openings) state.recoveries.erase(state.recoveries.begin());
}

// The position before what clients wrote since the server's start. The GTIDs of these writes may be those of lost
// transactions. A replica that is connected has the writes, and must not be taken for one that has more.
std::string position_of_opening(MysqlClient& client, const PodView& view) {
  const ServerFacts& server = *view.server;
  if (server.log_file.empty() || !server.by_gtid) return server.executed;
  const Flavour flavour = server.version.flavour;
  if (flavour == Flavour::mariadb) {
    const ClosedWrites writes = read_closed_writes(client, view);
    return writes.written.empty() || !writes.followers.empty() ? server.executed : writes.before;
  }
  const Dialect dialect(server.version);
  if (server.read_only || is_log_read(client, dialect)) return server.executed;
  std::string before;
  for (const Row& event : client.query(dialect.log_events(server.log_file, 4, 2)))
    if (text_of(event, "Event_type") == "Previous_gtids") before = text_of(event, "Info");
  const GtidPosition own(MysqlGtidSet::parse(server.executed).of_server(server.uuid));
  return GtidPosition::parse(flavour, server.executed).beyond(own.beyond(GtidPosition::parse(flavour, before))).text();
}

void write_opening(MysqlClient& client, const DataDir& dir, PodView& view) {
  AgentState& state = *view.state;
  const std::string outside = written_outside_log(state, *view.server);
  if (outside.empty()) {
    add_recovery(state, {.id = new_set_id(), .position = position_of_opening(client, view)});
  } else {
    add_recovery(state, {.id = new_set_id(), .position = "", .reset = true});
    log_event(LogLevel::warning, component::sidecar,
              "opened a primary whose log does not get all that it writes: each replica must be cloned anew",
              {{"options", outside}});
  }
  write_state(dir, state);
  crash_point("opening.written");
}

// A server ignores replicated events of its own server id. The primary wrote the lost events under its own id, so it
// borrows another id while it takes them back.
std::uint32_t borrowed_server_id(const PodView& view) {
  return std::numeric_limits<std::uint32_t>::max() - view.pod.ordinal;
}

void begin_catching_up(MysqlClient& client, const DataDir& dir, const OpeningPlan& plan, const SourceAddress& account,
                       PodView& view) {
  const Dialect dialect(view.server->version);
  if (view.state->catching_up_from.empty() && view.server->replica)
    log_event(
        LogLevel::warning, component::sidecar,
        "forgot the source that this primary had: it takes back what it lacks first; point it there again",
        {{"source", view.server->replica->source_host + ":" + std::to_string(view.server->replica->source_port)}});
  view.state->catching_up_from = plan.peer;
  // At a second try the server has the borrowed id, unless it was restarted. The state has the true id.
  if (view.state->server_id == 0) view.state->server_id = view.server->server_id;
  write_state(dir, *view.state);
  crash_point("opening.catching_up");
  client.execute(dialect.set_server_id(borrowed_server_id(view)));
  // What a client wrote before that has the primary's own id. The next look finds it.
  const ServerFacts now = read_server_facts(client);
  if (now.executed != view.server->executed) {
    client.execute(dialect.set_server_id(view.state->server_id));
    return;
  }
  if (view.server->replica) forget_source(client, dialect);
  // MariaDB asks its source for all after gtid_slave_pos. A primary's own transactions are not in that.
  if (view.server->version.flavour == Flavour::mariadb)
    for (const std::string& statement : dialect.set_position(view.server->executed)) client.execute(statement);
  SourceAddress source = account;
  source.host = plan.host;
  client.execute_unlogged(dialect.point_to_source(source, connect_retry, {}));
  client.execute(dialect.start_replica());
  log_event(LogLevel::warning, component::sidecar, "began to take back what this primary lacks",
            {{"from", plan.peer}, {"missing", plan.missing}, {"position", view.server->executed}});
}

}  // namespace

ClosedWrites read_closed_writes(MysqlClient& client, const PodView& view) {
  const ServerFacts& server = *view.server;
  if (server.version.flavour == Flavour::mysql || server.log_file.empty()) return {};
  const Dialect dialect(server.version);
  const auto logged = client.query(dialect.logged_by_server());
  ClosedWrites out = find_closed_writes(*view.state, server, position_before(client, dialect, server.log_file),
                                        text_of(logged.at(0), "logged"), borrowed_server_id(view));
  if (!out.written.empty())
    for (const Row& row : client.query(dialect.connected_replicas()))
      out.followers.insert(static_cast<std::uint32_t>(std::stoul("0" + text_of(row, "Server_id"))));
  return out;
}

namespace {

void end_catching_up(MysqlClient& client, const DataDir& dir, PodView& view) {
  const Dialect dialect(view.server->version);
  if (view.server->replica) forget_source(client, dialect);
  client.execute(dialect.set_server_id(view.state->server_id));
  view.state->catching_up_from.clear();
  view.state->server_id = 0;
  write_state(dir, *view.state);
  crash_point("opening.caught_up");
  view.server = read_server_facts(client);
  log_event(LogLevel::info, component::sidecar, "took back what this primary lacked",
            {{"position", view.server->executed}});
}

// This start of the server needs no other opening.
void mark_opened(const DataDir& dir, PodView& view) {
  view.state->opened = view.server->started;
  view.state->opened_at = view.server->now;
  write_state(dir, *view.state);
}

// Servers start with skip-replica-start. A primary may have sources outside the set, which a person gave it. They are
// started once for each start of the server, as the server itself would have done.
void start_sources(MysqlClient& client, PodView& view) {
  const Dialect dialect(view.server->version);
  const auto columns = dialect.replica_status_columns();
  std::string stopped;
  for (const Row& row : client.query(dialect.replica_status()))
    if (row.at(columns.io_running) == "No")
      stopped += (stopped.empty() ? "" : ", ") + row.at(columns.source_host).value_or("") + ":" +
                 row.at(columns.source_port).value_or("");
  if (stopped.empty()) return;
  try {
    client.execute(dialect.start_all_replicas());
    log_event(LogLevel::info, component::sidecar, "started the primary's replication from outside the set again",
              {{"source", stopped}, {"reason", "its server was started, and starts no replication by itself"}});
  } catch (const SqlError& error) {
    log_event(LogLevel::warning, component::sidecar, "failed to start the primary's replication from outside the set",
              {{"source", stopped}, {"error", error.what()}});
  }
  view.server = read_server_facts(client);
}

void open_server(MysqlClient& client, const DataDir& dir, const OpeningPlan& plan, PodView& view) {
  write_opening(client, dir, view);
  client.execute(Dialect(view.server->version).let_write());
  view.server->read_only = false;
  run_events(client, view);
  mark_opened(dir, view);
  crash_point("opening.opened");
  log_event(LogLevel::info, component::sidecar, "let the primary take writes", {{"position", view.server->executed}});
  for (const std::string& pod : plan.silent)
    log_event(LogLevel::warning, component::sidecar, "opened without the word of a pod that exists and is silent",
              {{"pod", pod}});
  for (const std::string& pod : plan.ignored)
    log_event(LogLevel::warning, component::sidecar,
              "opened without what a pod has more: it wrote that itself, or had it before a recovery of the primary",
              {{"pod", pod}});
}

}  // namespace

void carry_out_opening(MysqlClient& client, const DataDir& dir, const OpeningPlan& plan, const SourceAddress& account,
                       PodView& view) {
  switch (plan.action) {
    case OpeningAction::catch_up: begin_catching_up(client, dir, plan, account, view); return;
    case OpeningAction::go_on: return;
    case OpeningAction::open:
      if (!view.state->catching_up_from.empty()) end_catching_up(client, dir, view);
      else {
        open_server(client, dir, plan, view);
        start_sources(client, view);
      }
      return;
    case OpeningAction::note:
      log_event(LogLevel::warning, component::sidecar,
                "found a primary that takes writes since its start: read_only=OFF in its options lets it write before "
                "its data is proven");
      write_opening(client, dir, view);
      run_events(client, view);
      mark_opened(dir, view);
      start_sources(client, view);
      return;
    case OpeningAction::nothing:
    case OpeningAction::wait:
    case OpeningAction::wait_for:
    case OpeningAction::closed:
    case OpeningAction::hold: return;
  }
}

void note_opening(MysqlClient& client, const DataDir& dir, PodView& view) {
  write_opening(client, dir, view);
}

void note_reset(const DataDir& dir, PodView& view) {
  add_recovery(*view.state, {.id = new_set_id(), .position = "", .reset = true});
  view.state->log_end = log_end(*view.server);
  write_state(dir, *view.state);
  log_event(
      LogLevel::warning, component::sidecar,
      "found that the primary's binary log was thrown away: it gives out GTIDs a second time, and each replica must "
      "be cloned anew",
      {{"position", view.server->executed}});
}

void mark_state(const DataDir& dir, PodView& view, DataState state) {
  view.state->state = state;
  write_state(dir, *view.state);
  crash_point((std::string("state.") + state_name(state)).c_str());
  log_event(LogLevel::info, component::sidecar, std::string("entered the state ") + state_name(state));
}

void note_in_state(const DataDir& dir, PodView& view, bool doubtful_relay_log, bool by_file) {
  AgentState& state = *view.state;
  if (state.doubtful_relay_log == doubtful_relay_log && state.by_file == by_file) return;
  state.doubtful_relay_log = doubtful_relay_log;
  state.by_file = by_file;
  write_state(dir, state);
}

}  // namespace mysql_agent
