#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/pod/pod_view.hpp"
#include "common/server/mysql_client.hpp"
#include "common/volume/data_dir.hpp"

namespace mysql_agent {

enum class EventStatus {
  enabled,
  disabled,
  of_replica,  ///< the event was replicated, and the primary runs it
};

/// A scheduled event of a server.
struct ScheduledEvent {
  std::string name;  ///< quoted, with its schema
  EventStatus status = EventStatus::enabled;
  std::string definer{};
  bool operator==(const ScheduledEvent&) const = default;
};

/// What becomes of the events of a recovered primary.
struct EventPlan {
  std::vector<ScheduledEvent> enable{};
  std::vector<std::string> unknown{};  ///< nobody knows whether the lost primary ran these events
};

/// Decides which events a recovered primary runs again. On a replica every replicated event is disabled, whether the
/// primary ran the event or not. `disabled` names the events that the lost primary did not run, by its own words.
///
/// | # | status in the copy  | the lost primary told             | the event         |
/// |---|---------------------|-----------------------------------|-------------------|
/// | 1 | enabled or disabled |                                   | stays as it is    |
/// | 2 | of a replica        | which events it did not run       | is enabled        |
/// | 3 | of a replica        | that it did not run this event    | stays as it is    |
/// | 4 | of a replica        | nothing                           | stays, and is said |
EventPlan plan_events(const std::vector<ScheduledEvent>& events,
                      const std::optional<std::vector<std::string>>& disabled);

/// Throws SqlError.
std::vector<ScheduledEvent> read_events(MysqlClient& client, const Dialect& dialect);

/// On a primary that takes writes: enables the events of a recovered primary again, and fills in which events the
/// primary does not run. Throws SqlError, and failed where the state cannot be written.
void look_after_events(MysqlClient& client, const DataDir& dir, PodView& view);

/// On a primary that was just opened: switches event_scheduler on where clone-mysql has kept it off. Once for each
/// start of the server, because a person may switch it off afterwards. A refusal is logged. Throws SqlError for a lost
/// connection.
void run_events(MysqlClient& client, const PodView& view);

}  // namespace mysql_agent
