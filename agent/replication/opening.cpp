#include "agent/replication/opening.hpp"

#include <algorithm>
#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <cstdlib>

#include "agent/pod/hand_on.hpp"
#include "agent/replication/source_choice.hpp"
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
// MariaDB a position names the last writer alone. What came by replication is told beside it.
GtidPosition more_of(const DonorInfo& info, const GtidPosition& theirs, const GtidPosition& own, Flavour flavour) {
  if (flavour == Flavour::mariadb && !info.own.empty()) {
    const auto replicated = GtidPosition::try_parse(flavour, joined_gtids(info.applied, info.unapplied));
    return replicated ? replicated->beyond(own) : GtidPosition::parse(flavour, "");
  }
  const GtidPosition more = theirs.beyond(own);
  if (flavour == Flavour::mariadb) return more;
  const MysqlGtidSet set = MysqlGtidSet::parse(more.text());
  return GtidPosition(set.beyond(set.of_server(info.server_uuid)));
}

// Why a peer cannot give what it has more; empty: it can.
std::string why_not_given(const DonorInfo& info, const GtidPosition& own, Flavour flavour) {
  if (!may_hand_on(info)) {
    if (!info.own.empty()) return "it has transactions of its own, " + info.own;
    if (!info.filters.empty()) return "its filters leave something out: " + info.filters;
    return "its replication is on hold (" + info.held + ")";
  }
  const auto log_start = GtidPosition::try_parse(flavour, info.log_start);
  if (log_start && !own.covers(*log_start)) return "its binary log begins later, with " + log_start->text();
  return "";
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

// `not_given`: what peers have more and cannot give.
void judge_peer(OpeningPlan& plan, std::vector<Hold>& not_given, const AgentState& state, const OpeningPeer& peer,
                const GtidPosition& own, const ClosedWrites& writes, Flavour flavour) {
  const auto theirs = all_of(*peer.info, flavour);
  if (!theirs || is_overwritten(plan, peer, *theirs, writes, flavour) || own.covers(*theirs)) return;
  const GtidPosition more = more_of(*peer.info, *theirs, own, flavour);
  const bool parted = !beyond_recovery(flavour, peer.info->recoveries, {theirs->text()}, state.recoveries).empty();
  const auto given_up = GtidPosition::try_parse(flavour, state.accepted);
  if (more.empty() || parted || (given_up && given_up->covers(more))) {
    plan.ignored.push_back(peer.pod);
    return;
  }
  if (const std::string why = why_not_given(*peer.info, own, flavour); !why.empty()) {
    not_given.push_back(
        {.cause = HoldCause::cannot_take_back, .gtids = more.text(), .beside = why, .detail = peer.pod});
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
                         bool seen_open, const ClosedWrites& writes) {
  const bool opened = is_opened(state, server, seen_open);
  if (!server.read_only) return {.action = opened ? OpeningAction::nothing : OpeningAction::note};
  if (opened) return {.action = OpeningAction::closed};
  OpeningPlan plan{.action = OpeningAction::open};
  const Flavour flavour = server.version.flavour;
  const auto own = GtidPosition::try_parse(flavour, server.executed);
  const bool comparable = own && server.by_gtid;
  std::vector<Hold> not_given;
  bool told = false;  // the pod that had more has told what it has now
  bool newly_silent = false;
  for (const OpeningPeer& peer : peers) {
    if (!peer.info) {
      plan.silent.push_back(peer.pod);
      newly_silent = newly_silent || peer.silent_for < silent_peers_wait;
      continue;
    }
    told = told || peer.pod == state.lacked_from;
    if (comparable && counts(*peer.info, state, flavour))
      judge_peer(plan, not_given, state, peer, *own, writes, flavour);
  }
  if (plan.action == OpeningAction::open && !not_given.empty()) {
    plan.action = OpeningAction::hold;
    plan.hold = not_given.front();
  }
  if (plan.action == OpeningAction::hold) plan.missing = plan.hold.gtids;
  const auto& replica = server.replica;
  const bool receives = replica && replica->source_host == plan.host && replica->sql.running &&
                        (replica->io.running || replica->io.connecting);
  if (plan.action == OpeningAction::catch_up && state.catching_up_from == plan.peer && receives)
    plan.action = OpeningAction::go_on;
  if (plan.action != OpeningAction::open) return plan;
  const auto lacked = GtidPosition::try_parse(flavour, state.lacked);
  if (comparable && !told && lacked && !own->covers(*lacked)) {
    plan.action = OpeningAction::wait_for;
    plan.peer = state.lacked_from;
    plan.missing = lacked->beyond(*own).text();
  } else if (newly_silent) {
    plan.action = OpeningAction::wait;
  }
  return plan;
}

std::vector<Recovery> known_openings(const AgentState& state, const std::vector<OpeningPeer>& peers, Flavour flavour) {
  std::vector<Recovery> out = state.recoveries;
  for (const OpeningPeer& peer : peers) {
    if (!peer.info || !counts(*peer.info, state, flavour) || !may_hand_on(*peer.info)) continue;
    const std::vector<Recovery>& theirs = peer.info->recoveries;
    const bool continues = out.empty() || std::find(theirs.begin(), theirs.end(), out.back()) != theirs.end();
    if (continues && !theirs.empty() && (out.empty() || theirs.back() != out.back())) out = theirs;
  }
  return out;
}

std::string opening_text(const OpeningPlan& plan, bool paused) {
  const auto list = [](const std::vector<std::string>& pods) {
    std::string out;
    for (const std::string& pod : pods) out += (out.empty() ? "" : ", ") + pod;
    return out;
  };
  switch (plan.action) {
    case OpeningAction::nothing:
    case OpeningAction::note: return "";
    case OpeningAction::open: return paused ? "no other pod is known to have more" : "it is about to take writes";
    case OpeningAction::catch_up:
      if (paused) return "it lacks what " + plan.peer + " has: " + plan.missing;
      [[fallthrough]];
    case OpeningAction::go_on: return "it takes back what it lacks from " + plan.peer + ": " + plan.missing;
    case OpeningAction::wait: return "these pods exist and have not said what they have: " + list(plan.silent);
    case OpeningAction::wait_for:
      return "it lacks " + plan.missing + ", which " + plan.peer + " had, and " + plan.peer +
             " does not answer. If that pod is gone for good, say mysql-agent release here";
    case OpeningAction::closed: return "somebody has made the server read-only; SET GLOBAL read_only = OFF ends it";
    case OpeningAction::hold: return hold_text(plan.hold);
  }
  return "";
}

}  // namespace mysql_agent
