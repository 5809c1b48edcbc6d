#include "agent/replication/steps.hpp"

#include <chrono>

#include "common/base/crash_point.hpp"
#include "common/base/log.hpp"

namespace mysql_agent {
namespace {

constexpr const char* component = "sidecar";
constexpr std::chrono::seconds connect_retry{5};

void forget_source(MysqlClient& client, const Dialect& dialect) {
  client.execute(dialect.stop_replica());
  crash_point("replication.stopped");
  client.execute(dialect.forget_source());
  crash_point("replication.forgotten");
}

void set_position(MysqlClient& client, const Dialect& dialect, const AgentState& state) {
  for (const std::string& statement : dialect.set_position(state.position.gtid)) client.execute(statement);
  crash_point("replication.positioned");
}

}  // namespace

void set_up_replication(MysqlClient& client, const DataDir& dir, const ReplicationPlan& plan,
                        const SourceAddress& source, PodView& view) {
  const Dialect dialect(view.server->version);
  // Before the source is pointed to: without one the server does not tell how it was followed.
  note_in_state(dir, view, view.state->doubtful_relay_log, !plan.settings.by_gtid);
  const auto before = view.server->replica;
  if (before) forget_source(client, dialect);
  note_in_state(dir, view, false, view.state->by_file);
  if (plan.set_position) set_position(client, dialect, *view.state);
  client.execute_unlogged(dialect.point_to_source(source, connect_retry, plan.settings));
  crash_point("replication.pointed");
  client.execute(dialect.start_replica());
  crash_point("replication.started");
  log_event(LogLevel::info, component, "started replication",
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
    log_event(LogLevel::info, component, "forgot the source that came with the clone");
  }
  if (plan.set_position) {
    set_position(client, dialect, *view.state);
    log_event(LogLevel::info, component, "set the clone's recorded position",
              {{"position", view.state->position.gtid}});
  }
  if (!view.state) {
    // The image's entrypoint made this directory, and its server has come up: complete.
    view.state.emplace();
    view.state->pod = view.pod.name;
    view.state->origin = Origin::initialize;
  }
  mark_state(dir, view, DataState::primary);
}

void mark_state(const DataDir& dir, PodView& view, DataState state) {
  view.state->state = state;
  write_state(dir, *view.state);
  crash_point((std::string("state.") + state_name(state)).c_str());
  log_event(LogLevel::info, component, std::string("entered the state ") + state_name(state));
}

void note_in_state(const DataDir& dir, PodView& view, bool doubtful_relay_log, bool by_file) {
  AgentState& state = *view.state;
  if (state.doubtful_relay_log == doubtful_relay_log && state.by_file == by_file) return;
  state.doubtful_relay_log = doubtful_relay_log;
  state.by_file = by_file;
  write_state(dir, state);
}

}  // namespace mysql_agent
