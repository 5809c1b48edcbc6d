#include "agent/pod/wait.hpp"

namespace mysql_agent {

std::string wait_text(const Wait& wait) {
  const std::string sidecar = "the primary's sidecar at " + wait.host + " does not answer: ";
  switch (wait.kind) {
    case WaitKind::primary_not_asked: return "the primary was not asked yet";
    case WaitKind::no_such_pod: return sidecar + "there is no such pod";
    case WaitKind::primary_silent: return sidecar + wait.detail;
    case WaitKind::primary_not_up: return "the primary is not up: " + wait.detail;
    case WaitKind::primary_not_open: return "the primary takes no writes yet: " + wait.detail;
    case WaitKind::set_unknown: return "the primary's sidecar does not say which set its data is of";
  }
  return "";
}

}  // namespace mysql_agent
