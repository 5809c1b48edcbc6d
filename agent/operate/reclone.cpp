#include "agent/operate/reclone.hpp"

#include "common/base/component.hpp"
#include "common/base/error.hpp"
#include "common/base/log.hpp"
#include "common/base/units.hpp"

namespace mysql_agent {
namespace fs = std::filesystem;
ReclonePlan plan_reclone_request(const RecloneFacts& facts, bool cancel) {
  if (cancel) {
    if (facts.taken)
      return {RecloneAction::refuse, "the request cannot be withdrawn any more: the old data is being replaced",
              "let clone-mysql end; the old data is in .mysql-agent/set-aside then, unless --discard was said"};
    if (facts.waits) return {RecloneAction::remove, "the request was withdrawn", ""};
    return {RecloneAction::nothing, "there is no request", ""};
  }
  if (facts.role == Role::primary)
    return {
        RecloneAction::refuse, "this pod is the primary: its data is what the others are clones of",
        "to put a replica's data in its place, stop it, move its data away yourself, and start it: --on-lost-primary"};
  if (facts.taken) return {RecloneAction::nothing, "a request is being carried out already", ""};
  if (!facts.state || !is_settled(*facts.state))
    return {RecloneAction::refuse,
            facts.state ? std::string("a clone is unfinished: the data's state is ") + state_name(*facts.state)
                        : "the data directory has no state",
            "run clone-mysql first: it clones into an empty directory, and finishes what was begun"};
  return {RecloneAction::write, "a new clone was asked for", ""};
}

void reclone(const RecloneOptions& options) {
  std::error_code error;
  if (!fs::is_directory(options.dir.root, error))
    throw usage_error("the data directory " + options.dir.root.string() + " is not there",
                      "mount the volume, or set --data-dir");
  if (options.cancel && options.discard) throw usage_error("--cancel and --discard were both said", "say one of them");
  RecloneFacts facts;
  facts.role = options.set.role();
  // A request is withdrawn whatever the state file says, and whatever the request's own file does.
  if (!options.cancel)
    if (const auto state = read_state(options.dir.state_file(), options.set.pod.name)) facts.state = state->state;
  facts.waits = fs::exists(options.dir.reclone_request(), error);
  facts.taken = fs::exists(options.dir.reclone_taken(), error);
  const ReclonePlan plan = plan_reclone_request(facts, options.cancel);
  switch (plan.action) {
    case RecloneAction::refuse: throw refused(plan.reason, plan.hint);
    case RecloneAction::nothing:
      log_event(LogLevel::info, component::reclone, "changed nothing", {{"reason", plan.reason}});
      return;
    case RecloneAction::remove:
      if (!withdraw_reclone_request(options.dir))
        throw refused("the request was taken in this moment", "let clone-mysql end");
      log_event(LogLevel::info, component::reclone, "withdrew the request for a new clone",
                {{"data_dir", options.dir.root.string()}});
      return;
    case RecloneAction::write: break;
  }
  write_reclone_request(options.dir, {options.set.pod.name, utc_now("%Y-%m-%dT%H:%M:%SZ"), options.discard});
  log_event(LogLevel::info, component::reclone, "asked for a new clone at the next start of clone-mysql",
            {{"data_dir", options.dir.root.string()},
             {"old_data", options.discard ? "removed before the clone" : "set aside after the clone"}});
}

}  // namespace mysql_agent
