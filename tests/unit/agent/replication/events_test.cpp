#include "agent/replication/events.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;

namespace {

const ScheduledEvent early{.name = "`test`.`early`", .status = EventStatus::enabled, .definer = "root@localhost"};
const ScheduledEvent paused{.name = "`test`.`paused`", .status = EventStatus::disabled, .definer = "root@localhost"};
const ScheduledEvent late{.name = "`test`.`late`", .status = EventStatus::of_replica, .definer = "app@%"};

}  // namespace

TEST_CASE("a recovered primary gets its events back by a table") {
  const std::vector<ScheduledEvent> events{early, paused, late};
  SECTION("rows 1 and 2: what the lost primary ran is enabled") {
    const EventPlan plan = plan_events(events, std::vector<std::string>{"`test`.`paused`"});
    CHECK(plan.enable == std::vector<ScheduledEvent>{late});
    CHECK(plan.unknown.empty());
  }
  SECTION("row 3: what it did not run stays") {
    const EventPlan plan = plan_events(events, std::vector<std::string>{"`test`.`late`"});
    CHECK(plan.enable.empty());
    CHECK(plan.unknown.empty());
  }
  SECTION("row 4: without the lost primary's word it stays, and is said") {
    const EventPlan plan = plan_events(events, std::nullopt);
    CHECK(plan.enable.empty());
    CHECK(plan.unknown == std::vector<std::string>{"`test`.`late`"});
  }
}
