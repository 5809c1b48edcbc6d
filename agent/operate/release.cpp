#include "agent/operate/release.hpp"

#include "common/base/component.hpp"
#include "common/base/error.hpp"
#include "common/base/log.hpp"
#include "common/base/units.hpp"

namespace mysql_agent {

ReleasePlan plan_release(const std::optional<AgentState>& state) {
  if (!state) return {.reason = ReleaseReason::no_state};
  if (!is_settled(state->state)) return {.reason = ReleaseReason::clone_unfinished};
  if (!state->lacked.empty())
    return {.action = ReleaseAction::write, .reason = ReleaseReason::opens_without, .gtids = state->lacked};
  if (!state->hold) return {.reason = ReleaseReason::no_hold};
  const Hold hold = hold_of_record(*state->hold);
  if (kind_of(hold.cause) == HoldKind::purged)
    return {.action = ReleaseAction::write, .reason = ReleaseReason::best_that_is_left, .gtids = hold.gtids};
  if (hold.cause != HoldCause::own_transactions) return {.reason = ReleaseReason::other_hold, .hold = hold};
  return {.action = ReleaseAction::write, .reason = ReleaseReason::own_transactions, .gtids = hold.gtids};
}

std::string text(const ReleasePlan& plan) {
  switch (plan.reason) {
    case ReleaseReason::no_state: return "the data directory has no state";
    case ReleaseReason::clone_unfinished: return "a clone is unfinished";
    case ReleaseReason::no_hold: return "no hold is written down that a person's word could end";
    case ReleaseReason::other_hold:
      return "a person's word cannot end this hold: " + (plan.hold ? hold_text(*plan.hold) : "");
    case ReleaseReason::own_transactions: return "accepted this replica's own transactions as they are";
    case ReleaseReason::opens_without: return "accepted that the primary opens without what another pod had";
    case ReleaseReason::best_that_is_left:
      return "accepted this replica's data as the best that is left: a lost primary may be recovered from it";
  }
  return "";
}

std::string hint(const ReleasePlan& plan) {
  switch (plan.reason) {
    case ReleaseReason::no_state:
    case ReleaseReason::clone_unfinished: return "run clone-mysql first";
    case ReleaseReason::no_hold: return "mysql-agent doctor says what this pod waits for";
    case ReleaseReason::other_hold: return clone_it_again;
    case ReleaseReason::own_transactions:
    case ReleaseReason::opens_without:
    case ReleaseReason::best_that_is_left: return "";
  }
  return "";
}

void release(const PodSet& set, const DataDir& dir) {
  check_is_there(dir);
  const ReleasePlan plan = plan_release(read_state(dir.state_file(), set.pod.name));
  if (plan.action == ReleaseAction::refuse) throw refused(text(plan), hint(plan));
  write_release_request(dir, {.pod = set.pod.name, .asked = utc_now("%Y-%m-%dT%H:%M:%SZ"), .gtids = plan.gtids});
  log_event(LogLevel::info, component::release, text(plan), {{"gtids", plan.gtids}, {"data_dir", dir.root.string()}});
}

}  // namespace mysql_agent
