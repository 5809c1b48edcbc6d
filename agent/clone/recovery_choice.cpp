#include "agent/clone/recovery_choice.hpp"

#include <algorithm>

#include "agent/pod/hold.hpp"
#include "common/base/error.hpp"
#include "common/server/gtid.hpp"

namespace mysql_agent {
namespace {

using Choice = RecoveryChoice::Kind;

// The position at which the data of `a` may have gone another way than the data of `b`: that of the first recovery
// after the last one that both know. The lists are cut at their old ends. nullopt: no recovery parts the two.
std::optional<std::string> parted(const DonorInfo& a, const DonorInfo& b) {
  std::optional<std::string> out;
  for (const Recovery& recovery : a.recoveries) {
    const bool known = std::find(b.recoveries.begin(), b.recoveries.end(), recovery) != b.recoveries.end();
    if (known) out.reset();
    else if (!out) out = recovery.position;
  }
  return out;
}

bool both_went_on(const GtidPosition& a, const GtidPosition& b, Flavour flavour, const std::string& from) {
  const auto began = GtidPosition::try_parse(flavour, from);
  return !began || (!began->covers(a) && !began->covers(b));
}

// Whether `a` has every transaction of `b`.
bool has_all(const DonorInfo& a, const DonorInfo& b) {
  const Flavour flavour = a.server.flavour;
  if (b.server.flavour != flavour) return false;
  const auto left = GtidPosition::try_parse(flavour, a.position);
  const auto right = GtidPosition::try_parse(flavour, b.position);
  if (!left || !right || !left->covers(*right)) return false;
  // On MariaDB one number with two servers is two transactions.
  if (right->covers(*left) && *left != *right) return false;
  for (const auto& from : {parted(a, b), parted(b, a)})
    if (from && both_went_on(*left, *right, flavour, *from)) return false;
  return true;
}

// What `a` has that `b` lacks, for people.
std::string more_than(const DonorInfo& a, const DonorInfo& b) {
  const auto left = GtidPosition::try_parse(a.server.flavour, a.position);
  const auto right = GtidPosition::try_parse(a.server.flavour, b.position);
  return left && right ? left->beyond(*right).text() : a.position;
}

struct More {
  std::string lost = {};  ///< what a recovery from the chosen pod would lose
  bool other = false;     ///< there is more, and it is the pod's own, or nobody can tell
};

// Row 4: what a pod that is no candidate has more than the chosen pod.
More more_of_other(const DonorInfo& info, const DonorInfo& chosen) {
  const Flavour flavour = chosen.server.flavour;
  const auto position = GtidPosition::try_parse(flavour, chosen.position);
  const auto all = GtidPosition::try_parse(flavour, joined_gtids(info.position, info.unapplied));
  if (info.server.flavour != flavour || !position || !all) return {.lost = info.position};
  More out{.other = !position->covers(*all)};
  if (flavour == Flavour::mysql) {
    const MysqlGtidSet more = MysqlGtidSet::parse(all->beyond(*position).text());
    out.lost = more.beyond(more.of_server(info.server_uuid)).text();
  } else if (!info.applied.empty()) {
    const auto replicated = GtidPosition::try_parse(flavour, joined_gtids(info.applied, info.unapplied));
    out.lost = replicated ? replicated->beyond(*position).text() : info.applied;
  }
  return out;
}

RecoveryChoice diverged(const std::vector<NamedPeer>& candidates) {
  for (const NamedPeer& a : candidates)
    for (const NamedPeer& b : candidates) {
      const DonorInfo& first = a.peer.info;
      const DonorInfo& second = b.peer.info;
      if (has_all(first, second) || has_all(second, first)) continue;
      NamedPeer left = a;
      NamedPeer right = b;
      left.more = more_than(first, second);
      right.more = more_than(second, first);
      return {.kind = Choice::diverged, .pods = {left, right}};
    }
  return {.kind = Choice::diverged, .pods = candidates};
}

RecoveryChoice judge_others(const NamedPeer& chosen, const std::vector<NamedPeer>& others) {
  RecoveryChoice out{.kind = Choice::chosen, .pods = {chosen}};
  for (NamedPeer each : others) {
    const More more = more_of_other(each.peer.info, chosen.peer.info);
    each.more = more.lost;
    if (!more.lost.empty()) {
      out.kind = Choice::loses;
      out.pods.push_back(each);
    } else if (more.other) {
      out.passed_over.push_back(each);
    }
  }
  return out;
}

}  // namespace

bool is_candidate(const DonorInfo& info) {
  const bool held = !info.held.empty() && hold_kind_of(info.held) != HoldKind::other_set;
  return !held && info.own.empty() && info.filters.empty();
}

RecoveryChoice choose_recovery(const std::vector<NamedPeer>& with_data) {
  std::vector<NamedPeer> candidates;
  std::vector<NamedPeer> others;
  for (const NamedPeer& each : with_data) (is_candidate(each.peer.info) ? candidates : others).push_back(each);
  if (candidates.empty()) return {.kind = Choice::no_candidate, .pods = others};
  std::vector<NamedPeer> behind;
  for (const NamedPeer& each : candidates)
    if (!each.peer.info.unapplied.empty()) behind.push_back(each);
  if (!behind.empty()) return {.kind = Choice::behind, .pods = behind};
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const NamedPeer& a, const NamedPeer& b) { return a.peer.ordinal < b.peer.ordinal; });
  const auto chosen = std::find_if(candidates.begin(), candidates.end(), [&](const NamedPeer& a) {
    return std::all_of(candidates.begin(), candidates.end(), [&](const NamedPeer& b) {
      return a.peer.ordinal == b.peer.ordinal || has_all(a.peer.info, b.peer.info);
    });
  });
  return chosen == candidates.end() ? diverged(candidates) : judge_others(*chosen, others);
}

}  // namespace mysql_agent
