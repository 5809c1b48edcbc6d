#include "agent/operate/reclone.hpp"

namespace mysql_agent {

std::string text(const ReclonePlan& plan) {
  switch (plan.reason) {
    case RecloneReason::pod_is_primary: return "this pod is the primary: its data is what the others are clones of";
    case RecloneReason::request_taken: return "a request is being carried out already";
    case RecloneReason::no_state: return "the data directory has no state";
    case RecloneReason::clone_unfinished:
      return std::string("a clone is unfinished: the data's state is ") + state_name(*plan.state);
    case RecloneReason::data_settled: return "a new clone was asked for";
    case RecloneReason::withdrawn_too_late:
      return "the request cannot be withdrawn any more: the old data is being replaced";
    case RecloneReason::request_waits: return "the request was withdrawn";
    case RecloneReason::no_request: return "there is no request";
  }
  return "";
}

std::string hint(const ReclonePlan& plan) {
  switch (plan.reason) {
    case RecloneReason::pod_is_primary:
      return "to put a replica's data in its place, stop it, move its data away yourself, and start it: "
             "--on-lost-primary";
    case RecloneReason::no_state:
    case RecloneReason::clone_unfinished:
      return "run clone-mysql first: it clones into an empty directory, and finishes what was begun";
    case RecloneReason::withdrawn_too_late:
      return "let clone-mysql end; the old data is in .mysql-agent/set-aside then, unless --discard is set";
    case RecloneReason::request_taken:
    case RecloneReason::data_settled:
    case RecloneReason::request_waits:
    case RecloneReason::no_request: return "";
  }
  return "";
}

}  // namespace mysql_agent
