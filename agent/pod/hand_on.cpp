#include "agent/pod/hand_on.hpp"

#include "agent/pod/hold.hpp"

namespace mysql_agent {

bool may_hand_on(const DonorInfo& info) {
  const bool held = !info.held.empty() && hold_kind_of(info.held) != HoldKind::purged;
  return !held && info.own.empty() && info.filters.empty();
}

}  // namespace mysql_agent
