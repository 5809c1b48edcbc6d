#include "agent/replication/opening.hpp"

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <cstdlib>

#include "common/base/error.hpp"
#include "common/server/gtid.hpp"

namespace mysql_agent {
namespace {

// A start is computed as now less the uptime. Both are whole seconds, and are read one after the other.
constexpr std::int64_t same_start = 1;

// All that the pod has. Received transactions that are not applied yet count too: no other pod may have them.
std::optional<GtidPosition> all_of(const DonorInfo& info, Flavour flavour) {
  return GtidPosition::try_parse(flavour, joined_gtids(info.position, info.unapplied));
}

bool counts(const DonorInfo& info, const AgentState& state, Flavour flavour) {
  return info.has_data && info.server.flavour == flavour && info.by_gtid.value_or(true) &&
         (info.set_id.empty() || state.set_id.empty() || info.set_id == state.set_id);
}

// What the peer has more, without what the peer wrote itself. On MySQL the UUID tells the peer's own transactions. On
// MariaDB a position names the last writer alone, so a peer that wrote anything itself proves nothing.
GtidPosition more_of(const DonorInfo& info, const GtidPosition& theirs, const GtidPosition& own, Flavour flavour) {
  const GtidPosition more = theirs.beyond(own);
  if (flavour == Flavour::mariadb) return info.own.empty() ? more : GtidPosition::parse(flavour, "");
  const MysqlGtidSet set = MysqlGtidSet::parse(more.text());
  return GtidPosition(set.beyond(set.of_server(info.server_uuid)));
}

// Row 8. A replica that follows has received these writes, or transactions that came before them.
bool is_overwritten(OpeningPlan& plan, const OpeningPeer& peer, const GtidPosition& theirs, const ClosedWrites& writes,
                    Flavour flavour) {
  if (writes.written.empty() || !peer.info->filters.empty() || writes.followers.contains(peer.info->server_id))
    return false;
  const GtidPosition more = more_of(*peer.info, theirs, GtidPosition::parse(flavour, writes.before), flavour);
  if (more.empty()) return false;
  plan.action = OpeningAction::hold;
  plan.hold = {.cause = HoldCause::primary_and_replica_diverged,
               .gtids = more.text(),
               .beside = writes.written,
               .detail = peer.pod};
  return true;
}

void judge_peer(OpeningPlan& plan, const OpeningPeer& peer, const GtidPosition& own, const ClosedWrites& writes,
                Flavour flavour) {
  const auto theirs = all_of(*peer.info, flavour);
  if (!theirs || is_overwritten(plan, peer, *theirs, writes, flavour) || own.covers(*theirs)) return;
  const GtidPosition more = more_of(*peer.info, *theirs, own, flavour);
  if (more.empty() || !peer.info->filters.empty()) {
    plan.ignored.push_back(peer.pod);
    return;
  }
  if (!theirs->covers(own)) {
    plan.action = OpeningAction::hold;
    plan.hold = {.cause = HoldCause::primary_and_replica_diverged,
                 .gtids = more.text(),
                 .beside = own.beyond(*theirs).text(),
                 .detail = peer.pod};
    return;
  }
  // The primary takes back from one peer at a time, first from the peer that has most.
  const auto most = GtidPosition::try_parse(flavour, plan.missing);
  if (plan.action == OpeningAction::hold || (!plan.peer.empty() && most && most->covers(more))) return;
  plan.action = OpeningAction::catch_up;
  plan.peer = peer.pod;
  plan.host = peer.host;
  plan.missing = more.text();
}

}  // namespace

ClosedWrites find_closed_writes(const AgentState& state, const ServerFacts& server, const std::string& log_file_start,
                                const std::string& logged, std::uint32_t borrowed) {
  if (server.version.flavour == Flavour::mysql) return {};
  // While the primary takes back, its log has what it took, by its own id, and what clients wrote, by the borrowed id.
  if (!state.catching_up_from.empty()) {
    const MariadbGtidList applied = MariadbGtidList::parse(server.applied);
    std::vector<std::string> texts;
    boost::split(texts, logged, boost::is_any_of(","));
    for (const std::string& text : texts) {
      const MariadbGtidList each = MariadbGtidList::parse(text).beyond(applied);
      if (!each.empty() && each.domains().begin()->second.server == borrowed)
        return {.written = each.text(), .before = server.applied};
    }
  }
  if (server.server_id == borrowed) return {};
  // The log has what was taken back since the server's start, too.
  const MariadbGtidList before = MariadbGtidList::parse(log_file_start).with(MariadbGtidList::parse(server.applied));
  return {.written = MariadbGtidList::parse(server.logged).beyond(before).text(), .before = before.text()};
}

bool is_opened(const AgentState& state, const ServerFacts& server, bool seen_open) {
  if (!state.opened || std::llabs(*state.opened - server.started) > same_start) return false;
  return !server.read_only || seen_open || server.started < state.opened_at - same_start;
}

OpeningPlan plan_opening(const AgentState& state, const ServerFacts& server, const std::vector<OpeningPeer>& peers,
                         std::chrono::milliseconds waited, bool seen_open, const ClosedWrites& writes) {
  const bool opened = is_opened(state, server, seen_open);
  if (!server.read_only) return {.action = opened ? OpeningAction::nothing : OpeningAction::note};
  if (opened) return {.action = OpeningAction::closed};
  OpeningPlan plan{.action = OpeningAction::open};
  const Flavour flavour = server.version.flavour;
  const auto own = GtidPosition::try_parse(flavour, server.executed);
  for (const OpeningPeer& peer : peers) {
    if (!peer.info) plan.silent.push_back(peer.pod);
    else if (own && server.by_gtid && counts(*peer.info, state, flavour)) judge_peer(plan, peer, *own, writes, flavour);
  }
  const auto& replica = server.replica;
  const bool receives = replica && replica->source_host == plan.host && replica->sql.running &&
                        (replica->io.running || replica->io.connecting);
  if (plan.action == OpeningAction::catch_up && state.catching_up_from == plan.peer && receives)
    plan.action = OpeningAction::go_on;
  if (plan.action == OpeningAction::open && !plan.silent.empty() && waited < silent_peers_wait)
    plan.action = OpeningAction::wait;
  return plan;
}

std::string opening_text(const OpeningPlan& plan) {
  const auto list = [](const std::vector<std::string>& pods) {
    std::string out;
    for (const std::string& pod : pods) out += (out.empty() ? "" : ", ") + pod;
    return out;
  };
  switch (plan.action) {
    case OpeningAction::nothing:
    case OpeningAction::note: return "";
    case OpeningAction::open: return "it is about to take writes";
    case OpeningAction::catch_up:
    case OpeningAction::go_on: return "it takes back what it lacks from " + plan.peer + ": " + plan.missing;
    case OpeningAction::wait: return "these pods exist and have not said what they have: " + list(plan.silent);
    case OpeningAction::closed: return "somebody has made the server read-only; SET GLOBAL read_only = OFF ends it";
    case OpeningAction::hold: return hold_text(plan.hold);
  }
  return "";
}

}  // namespace mysql_agent
