#include "agent/replication/events.hpp"

#include <algorithm>

#include "common/base/component.hpp"
#include "common/base/crash_point.hpp"
#include "common/base/log.hpp"

namespace mysql_agent {
namespace {

EventStatus status_of(const std::string& text) {
  if (text == "ENABLED") return EventStatus::enabled;
  return text == "DISABLED" ? EventStatus::disabled : EventStatus::of_replica;
}

// A refused event keeps neither the other events nor the primary from their work.
void enable(MysqlClient& client, const Dialect& dialect, const ScheduledEvent& event) try {
  client.execute(dialect.enable_event(event.name, event.definer));
  log_event(LogLevel::info, component::sidecar, "enabled an event that the lost primary ran", {{"event", event.name}});
} catch (const SqlError& error) {
  if (!error.is_from_server()) throw;
  log_event(LogLevel::warning, component::sidecar, "left an event disabled that the lost primary ran",
            {{"event", event.name}, {"error", error.what()}});
}

void give_events_back(MysqlClient& client, const DataDir& dir, const Dialect& dialect, PodView& view) {
  const EventPlan plan = plan_events(read_events(client, dialect), view.state->disabled_events);
  for (const ScheduledEvent& event : plan.enable) {
    enable(client, dialect, event);
    crash_point("event.enabled");
  }
  for (const std::string& name : plan.unknown)
    log_event(LogLevel::warning, component::sidecar,
              "left an event disabled: nobody has told whether the lost primary ran it; ALTER EVENT ... ENABLE runs it",
              {{"event", name}});
  view.state->events_wait = false;
  view.state->disabled_events.reset();
  write_state(dir, *view.state);
}

}  // namespace

EventPlan plan_events(const std::vector<ScheduledEvent>& events,
                      const std::optional<std::vector<std::string>>& disabled) {
  EventPlan plan;
  for (const ScheduledEvent& event : events) {
    if (event.status != EventStatus::of_replica) continue;
    if (!disabled) plan.unknown.push_back(event.name);
    else if (std::find(disabled->begin(), disabled->end(), event.name) == disabled->end()) plan.enable.push_back(event);
  }
  return plan;
}

std::vector<ScheduledEvent> read_events(MysqlClient& client, const Dialect& dialect) {
  std::vector<ScheduledEvent> events;
  for (const Row& row : client.query(dialect.scheduled_events()))
    events.push_back(
        {.name = name_quoted(row.at("schema").value_or("")) + "." + name_quoted(row.at("name").value_or("")),
         .status = status_of(row.at("status").value_or("")),
         .definer = row.at("definer").value_or("")});
  return events;
}

void run_events(MysqlClient& client, const PodView& view) try {
  if (!view.state->scheduler_waits) return;
  client.execute(Dialect(view.server->version).run_events());
  log_event(LogLevel::info, component::sidecar, "switched event_scheduler on, as the options of the primary want it");
} catch (const SqlError& error) {
  if (!error.is_from_server()) throw;
  log_event(LogLevel::warning, component::sidecar, "failed to switch event_scheduler on", {{"error", error.what()}});
}

// The sidecar goes on where the server refuses to list its events: the primary must open all the same.
void look_after_events(MysqlClient& client, const DataDir& dir, PodView& view) try {
  const Dialect dialect(view.server->version);
  if (view.state->events_wait) give_events_back(client, dir, dialect, view);
  view.disabled_events.emplace();
  for (const ScheduledEvent& event : read_events(client, dialect))
    if (event.status != EventStatus::enabled) view.disabled_events->push_back(event.name);
} catch (const SqlError& error) {
  view.disabled_events.reset();
  if (!error.is_from_server()) throw;
}

}  // namespace mysql_agent
