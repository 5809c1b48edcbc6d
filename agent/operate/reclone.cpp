#include "agent/operate/reclone.hpp"

#include "common/base/component.hpp"
#include "common/base/error.hpp"
#include "common/base/log.hpp"
#include "common/base/units.hpp"

namespace mysql_agent {
namespace fs = std::filesystem;
namespace {

ReclonePlan plan_withdrawal(const RecloneFacts& facts) {
  if (facts.taken) return {RecloneAction::refuse, RecloneReason::withdrawn_too_late};
  if (facts.waits) return {RecloneAction::remove, RecloneReason::request_waits};
  return {RecloneAction::nothing, RecloneReason::no_request};
}

}  // namespace

ReclonePlan plan_reclone_request(const RecloneFacts& facts, bool cancel) {
  if (cancel) return plan_withdrawal(facts);
  if (facts.role == Role::primary) return {RecloneAction::refuse, RecloneReason::pod_is_primary};
  if (facts.taken) return {RecloneAction::nothing, RecloneReason::request_taken};
  if (!facts.state) return {RecloneAction::refuse, RecloneReason::no_state};
  if (!is_settled(*facts.state)) return {RecloneAction::refuse, RecloneReason::clone_unfinished, facts.state};
  return {RecloneAction::write, RecloneReason::data_settled};
}

void reclone(const RecloneOptions& options) {
  check_is_there(options.dir);
  if (options.cancel && options.discard) throw usage_error("--cancel and --discard were both said", "say one of them");
  RecloneFacts facts;
  facts.role = options.set.role();
  // A request is withdrawn whatever the state file says, and whatever the request's own file does.
  if (!options.cancel)
    if (const auto state = read_state(options.dir.state_file(), options.set.pod.name)) facts.state = state->state;
  std::error_code error;
  facts.waits = fs::exists(options.dir.reclone_request(), error);
  facts.taken = fs::exists(options.dir.reclone_taken(), error);
  const ReclonePlan plan = plan_reclone_request(facts, options.cancel);
  switch (plan.action) {
    case RecloneAction::refuse: throw refused(text(plan), hint(plan));
    case RecloneAction::nothing:
      log_event(LogLevel::info, component::reclone, "changed nothing", {{"reason", text(plan)}});
      return;
    case RecloneAction::remove:
      if (!withdraw_reclone_request(options.dir))
        throw refused("the request was taken in this moment", "let clone-mysql end");
      log_event(LogLevel::info, component::reclone, "withdrew the request for a new clone",
                {{"data_dir", options.dir.root.string()}});
      return;
    case RecloneAction::write: break;
  }
  write_reclone_request(
      options.dir, {.pod = options.set.pod.name, .asked = utc_now("%Y-%m-%dT%H:%M:%SZ"), .discard = options.discard});
  log_event(LogLevel::info, component::reclone, "asked for a new clone at the next start of clone-mysql",
            {{"data_dir", options.dir.root.string()},
             {"old_data", options.discard ? "removed before the clone" : "set aside after the clone"}});
}

}  // namespace mysql_agent
