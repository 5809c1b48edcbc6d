#include "agent/pod/paused_step.hpp"

namespace mysql_agent {
namespace {

const char* left_text(PausedStep step) {
  switch (step) {
    case PausedStep::set_up: return "set up replication";
    case PausedStep::start: return "start replication";
    case PausedStep::leave_set: return "stop replication from a primary of another set";
    case PausedStep::become_primary: return "make this data the primary's";
    case PausedStep::open: return "let the primary take writes";
    case PausedStep::note_opening: return "prove the data of a primary that a person let take writes";
    case PausedStep::heal: return "heal this replica of its own transactions, which changed nothing";
    case PausedStep::switches: return "set read_only, gtid_strict_mode and event_scheduler again";
  }
  return "";
}

}  // namespace

std::string paused_text(const PauseRequest& pause, const PausedStep* step) {
  return pause_text(pause) + ": its sidecar " +
         (step == nullptr ? std::string("changes nothing") : std::string("does not ") + left_text(*step)) +
         "; mysql-agent resume ends that";
}

}  // namespace mysql_agent
