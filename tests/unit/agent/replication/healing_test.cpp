#include "agent/replication/healing.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;

namespace {

const LoggedTransaction flush{.gtid = "0-101-6", .act = LoggedAct::nothing};
const LoggedTransaction emptied{.gtid = "0-101-7", .act = LoggedAct::emptied, .subject = "test.cache"};
const LoggedTransaction changed{.gtid = "0-101-8", .act = LoggedAct::changed, .subject = "test.r"};

OwnActs acts(const std::vector<LoggedTransaction>& transactions) {
  return {.own = "0-101-8", .judged = "0-101-8", .read = true, .found = true, .transactions = transactions};
}

}  // namespace

TEST_CASE("healing decides by its table") {
  SECTION("row 1: nothing of its own, nothing to heal") {
    CHECK(plan_healing({}).action == HealingAction::nothing);
  }
  SECTION("row 2: what changed something is held, and named, also before all is read") {
    OwnActs some = acts({flush, changed});
    some.read = some.found = false;
    const HealingPlan plan = plan_healing(some);
    CHECK(plan.action == HealingAction::hold);
    CHECK(plan.changed == "0-101-8 (test.r)");
    CHECK_FALSE(plan.harmless);
  }
  SECTION("row 3: the log is read on") {
    OwnActs some = acts({flush});
    some.read = some.found = false;
    CHECK(plan_healing(some).action == HealingAction::read);
  }
  SECTION("row 4: what the log does not tell is held") {
    OwnActs some = acts({flush});
    some.found = false;
    CHECK(plan_healing(some).action == HealingAction::hold);
    CHECK_FALSE(plan_healing(some).harmless);
  }
  SECTION("row 5: a reader of the log would lose its place") {
    OwnActs some = acts({flush});
    some.log_is_read = true;
    CHECK(plan_healing(some).action == HealingAction::hold);
    CHECK(plan_healing(some).harmless);
  }
  SECTION("row 6: what changed nothing is healed, and emptied tables are named once") {
    const HealingPlan plan = plan_healing(acts({flush, emptied, emptied}));
    CHECK(plan.action == HealingAction::heal);
    CHECK(plan.emptied == std::vector<std::string>{"test.cache"});
  }
  SECTION("row 6: what a person accepted is not judged") {
    CHECK(plan_healing({.own = "0-101-8", .judged = ""}).action == HealingAction::heal);
  }
}
