#include "agent/clone/plan.hpp"

#include <algorithm>
#include <set>

#include "agent/clone/known_data.hpp"
#include "common/server/dialect.hpp"
#include "common/server/gtid.hpp"

namespace mysql_agent {
namespace {

ClonePlan plan(CloneAction action, std::string reason, std::string hint = "") {
  ClonePlan out;
  out.action = action;
  out.reason = std::move(reason);
  out.hint = std::move(hint);
  return out;
}

ClonePlan beside(ClonePlan plan) {
  plan.beside = true;
  return plan;
}

constexpr const char* how_to_withdraw =
    "`mysql-agent reclone --cancel` withdraws the request, and the data stays as it is";

// Rows 1 and 13 to 17: settled data, which a person may want to be replaced. nullopt: the peers decide.
std::optional<ClonePlan> plan_settled(const DataDirFacts& dir, Role role) {
  if (!dir.request && dir.copy) return beside(plan(CloneAction::restart, "the request for a new clone was withdrawn"));
  if (!dir.request) return plan(CloneAction::keep, std::string("the state is ") + state_name(dir.state->state));
  if (role == Role::primary)
    return plan(
        CloneAction::refuse,
        "a new clone of this pod's data was asked for at " + dir.request->asked + ", and the pod is the primary",
        std::string("check --first-ordinal; ") + how_to_withdraw);
  if (!dir.copy) return std::nullopt;
  if (dir.copy->state == DataState::prepared) return plan(CloneAction::set_aside, "the new clone is prepared");
  if (dir.copy->state == DataState::cloned)
    return beside(plan(CloneAction::prepare, "the stream was complete, the prepare was interrupted"));
  return beside(plan(CloneAction::restart, "the new clone was interrupted"));
}

// nullopt: the directory is empty or is to be replaced, the peers decide.
std::optional<ClonePlan> plan_by_directory(const DataDirFacts& dir, Role role) {
  if (!dir.state) {
    if (dir.content == Content::empty) return std::nullopt;
    if (dir.content == Content::complete) return plan(CloneAction::adopt, dir.evidence);
    return plan(CloneAction::refuse, "the data directory holds data that is not complete: " + dir.evidence,
                "no server may start on it. If another pod has the data, move these files away or delete the "
                "PersistentVolumeClaim, and the pod clones anew; if this is the only copy, restore it by hand");
  }
  const DataState state = dir.state->state;
  if (is_settled(state)) return dir.content == Content::empty ? std::nullopt : plan_settled(dir, role);
  if (state == DataState::setting_aside) return plan(CloneAction::set_aside, "replacing the data was interrupted");
  if (state == DataState::discarding) return plan(CloneAction::discard, "removing the data was interrupted");
  if (state == DataState::publishing) return plan(CloneAction::publish, "publishing was interrupted");
  if (dir.content != Content::empty)
    return plan(
        CloneAction::refuse,
        std::string("the state is ") + state_name(state) + ", and yet there is data in the data directory",
        std::string("something else wrote there while a clone was unfinished. Move these files away; or, if they are "
                    "the data that you want, remove .mysql-agent/state.json, and start the pod again. ") +
            lost_identity);
  if (state == DataState::cloned)
    return plan(CloneAction::prepare, "the stream was complete, the prepare was interrupted");
  if (state == DataState::prepared) return plan(CloneAction::publish, "the copy is prepared");
  return plan(CloneAction::restart, "the clone was interrupted");
}

bool offers(const DonorInfo& info, Engine engine) {
  return std::find(info.engines.begin(), info.engines.end(), engine_name(engine)) != info.engines.end();
}

std::string no_stream(const DonorInfo& info, const ClonePolicy& policy) {
  if (policy.engine == EngineChoice::clone_plugin)
    return "--engine clone-plugin was said here, and it is cloned by a backup tool's stream";
  return policy.tool ? tool_mismatch(*policy.tool, info.server)
                     : "it is cloned by a backup tool's stream, and no backup tool is in PATH here";
}

std::string no_plugin(const DonorInfo& info, const ClonePolicy& policy) {
  if (policy.engine == EngineChoice::xtrabackup)
    return "--engine xtrabackup was said here, and it is cloned by MySQL's clone plugin";
  if (!policy.server) return "it is cloned by MySQL's clone plugin, and no mysqld is in PATH here";
  if (!policy.clone_password) return "it is cloned by MySQL's clone plugin, and there is no --clone-password-file here";
  return clone_plugin_mismatch(info.server, *policy.server);
}

// Sets how the peer can be cloned here; returns why not where it cannot. One that offers both is cloned by a stream
// where that is possible.
std::string choose_engine(PeerFact& peer, const ClonePolicy& policy) {
  const bool stream = offers(peer.info, Engine::xtrabackup);
  const bool plugin = offers(peer.info, Engine::clone_plugin);
  std::string why_not;
  if (stream) {
    peer.engine = Engine::xtrabackup;
    why_not = no_stream(peer.info, policy);
    if (why_not.empty()) return "";
    if (!plugin && policy.engine == EngineChoice::automatic && has_clone_plugin(peer.info.server))
      why_not += "; with --clone-password-file for its sidecar it could be cloned by MySQL's clone plugin too";
  }
  if (plugin) {
    peer.engine = Engine::clone_plugin;
    const std::string why_no_plugin = no_plugin(peer.info, policy);
    if (why_no_plugin.empty()) return "";
    why_not += (why_not.empty() ? "" : "; and ") + why_no_plugin;
  }
  if (!why_not.empty()) return why_not;
  return "it offers neither a backup tool's stream nor MySQL's clone plugin" +
         (peer.info.reason.empty() ? "" : ": " + peer.info.reason);
}

// How near a donor is, less is better. The tutorial's reason: the primary has most to do, and each pod takes its
// data from the one below, so the load spreads.
std::uint64_t preference(const PeerFact& peer, const ClonePolicy& policy) {
  if (peer.info.role == Role::primary) return ~0ULL;
  if (peer.ordinal < policy.ordinal) return policy.ordinal - peer.ordinal;
  return (1ULL << 32) + peer.ordinal;
}

std::string peers_text(const PeerSurvey& survey) {
  std::string out;
  for (const PeerFact& peer : survey.peers) {
    if (peer.kind == PeerFact::Kind::absent) continue;
    if (!out.empty()) out += "; ";
    out += peer.host + ": ";
    if (peer.kind == PeerFact::Kind::silent) out += peer.error;
    else out += peer.info.reason.empty() ? "fit" : peer.info.reason;
  }
  return out.empty() ? "no other pod was found" : out;
}

ClonePlan plan_replica(const PeerSurvey& survey, const ClonePolicy& policy) {
  ClonePlan out = plan(CloneAction::clone, "the data directory is empty");
  PeerSurvey judged = survey;
  for (PeerFact& peer : judged.peers) {
    if (peer.kind != PeerFact::Kind::answered) continue;
    if (peer.info.fit) peer.info.reason = choose_engine(peer, policy);
    if (!peer.info.fit || !peer.info.reason.empty()) continue;
    if (peer.info.slots_free == 0) peer.info.reason = "all its clone slots are taken";
    else out.donors.push_back(peer);
  }
  if (out.donors.empty())
    return plan(CloneAction::wait, "no fit donor: " + peers_text(judged),
                "a replica never starts empty. Look at the pods named above: `mysql-agent status` there, and /v1/donor "
                "on their clone port");
  std::stable_sort(out.donors.begin(), out.donors.end(),
                   [&](const PeerFact& a, const PeerFact& b) { return preference(a, policy) < preference(b, policy); });
  return out;
}

// Rows 18 and 19.
ClonePlan plan_reclone(const RecloneRequest& request, const PeerSurvey& survey, const ClonePolicy& policy) {
  ClonePlan out = plan_replica(survey, policy);
  const std::string asked = "a new clone was asked for at " + request.asked;
  if (out.action != CloneAction::clone) {
    out.reason = asked + ", and there is " + out.reason;
    out.hint = std::string("the data is as it was; ") + how_to_withdraw + ". Else look at the pods named above";
    return out;
  }
  out.reason = asked;
  if (request.discard) out.action = CloneAction::discard;
  else out.beside = true;
  return out;
}

// How many transactions `a` has that `b` lacks, for ordering. Positions that cannot be read count as nothing.
std::uint64_t transactions_ahead(const DonorInfo& a, const DonorInfo& b) {
  try {
    const Flavour flavour = a.server.flavour;
    return GtidPosition::parse(flavour, a.position).transactions_beyond(GtidPosition::parse(flavour, b.position));
  } catch (const std::exception&) {
    return 0;
  }
}

ClonePlan plan_lost_primary(const std::vector<PeerFact>& with_data, const ClonePolicy& policy) {
  std::string who;
  for (const PeerFact& peer : with_data)
    who += (who.empty() ? "" : ", ") + peer.info.pod + " at " +
           (peer.info.position.empty() ? "no GTID" : peer.info.position);
  const std::string reason = "the primary's data directory is empty, and a peer has data: " + who;
  if (policy.on_lost_primary == OnLostPrimary::refuse)
    return plan(
        CloneAction::refuse, reason,
        "--on-lost-primary=refuse was said. `recover` clones the peer that has most; or put the lost volume back");
  if (policy.on_lost_primary == OnLostPrimary::initialize)
    return plan(policy.initialize ? CloneAction::initialize : CloneAction::leave_to_entrypoint,
                reason + "; --on-lost-primary=initialize was said");
  std::set<std::string> sets;
  for (const PeerFact& peer : with_data)
    if (!peer.info.set_id.empty()) sets.insert(peer.info.set_id);
  if (sets.size() > 1)
    return plan(CloneAction::refuse, reason + "; they are of different sets, so the primary was begun anew once",
                "nobody but you knows which of them are right (`set_id` in their .mysql-agent/state.json). Take the "
                "others out of the set");
  ClonePlan out = plan(CloneAction::clone, reason);
  out.recovery = true;
  std::string unfit;
  for (PeerFact peer : with_data) {
    std::string why = choose_engine(peer, policy);
    // The plugin could take one of an older series, but replicas of an older series cannot follow a newer source.
    if (why.empty() && policy.server && peer.engine == Engine::clone_plugin &&
        !peer.info.server.same_series(*policy.server))
      why = "its server is " + peer.info.server.text() + ", and the one here is " + policy.server->text();
    // One that has not learned it yet.
    if (!sets.empty()) peer.info.set_id = *sets.begin();
    if (why.empty()) out.donors.push_back(peer);
    else unfit += (unfit.empty() ? "" : "; ") + peer.info.pod + ": " + why;
  }
  if (!unfit.empty())
    // The one that does not fit may have the most: leaving it out could lose data.
    return plan(CloneAction::refuse, reason + "; not all of them can be cloned here: " + unfit,
                "use the image of the servers' own version; or take the others out of the set on purpose");
  std::stable_sort(out.donors.begin(), out.donors.end(), [](const PeerFact& a, const PeerFact& b) {
    const std::uint64_t a_more = transactions_ahead(a.info, b.info);
    const std::uint64_t b_more = transactions_ahead(b.info, a.info);
    return a_more != b_more ? a_more > b_more : a.ordinal < b.ordinal;
  });
  // Only the one with most: falling back to a lesser one for a passing fault would lose what the first has more.
  out.donors.resize(1);
  return out;
}

// Row 22.
ClonePlan wait_for_known_data(const std::string& known) {
  return plan(CloneAction::wait, "no other pod has data now, and yet there was data of this pod's set: " + known,
              "a primary that knows of data of its set never begins anew by itself. Bring these pods up, and it is "
              "recovered from them: where the StatefulSet starts its pods in order, delete it with --cascade=orphan "
              "and apply it with podManagementPolicy: Parallel until this pod is up; or put the lost volume back. If "
              "that data is gone for good, or never was: start this pod once with --on-lost-primary=initialize, or "
              "remove .mysql-agent/set-evidence.json and .mysql-agent/state.json on its volume");
}

ClonePlan plan_primary(const DataDirFacts& dir, const PeerSurvey& survey, const ClonePolicy& policy) {
  const std::string hint =
      "a primary never starts empty on a guess. Bring the pods named above up, or, if they are gone for good, delete "
      "them and their volumes; the headless Service needs publishNotReadyAddresses: true";
  std::vector<PeerFact> with_data;
  std::string empty;
  std::string unapplied;
  bool silent = false;
  for (const PeerFact& peer : survey.peers) {
    if (peer.kind == PeerFact::Kind::silent) silent = true;
    // A peer that is up and says neither that it has data nor that it is empty may have some: its server may be in
    // recovery.
    if (peer.kind == PeerFact::Kind::answered && !peer.info.has_data && !peer.info.empty) silent = true;
    if (peer.kind == PeerFact::Kind::answered && peer.info.empty) empty += (empty.empty() ? "" : ", ") + peer.info.pod;
    if (peer.kind == PeerFact::Kind::answered && peer.info.has_data) with_data.push_back(peer);
    if (peer.kind == PeerFact::Kind::answered && !peer.info.unapplied.empty())
      unapplied += (unapplied.empty() ? "" : "; ") + peer.info.pod + ": " + peer.info.unapplied;
  }
  // A silent peer may have more than those that answered: the choice waits for it.
  if (silent) return plan(CloneAction::wait, "a peer exists and does not say what it has: " + peers_text(survey), hint);
  // A copy would lack it, and the replica would go on with what the new primary never had.
  if (!unapplied.empty() && policy.on_lost_primary == OnLostPrimary::recover)
    return plan(CloneAction::wait, "a peer has not applied yet all that it has received: " + unapplied,
                "it does so by itself while its SQL thread runs; where that is stopped, mend what its error names. To "
                "give these transactions up, say STOP REPLICA and RESET REPLICA ALL there");
  if (!with_data.empty()) return plan_lost_primary(with_data, policy);
  if (!survey.own_name_resolves)
    return plan(CloneAction::wait,
                "no peer was found, but this pod's own name does not resolve either: DNS cannot be trusted", hint);
  std::string reason =
      "the data directory is empty, and " + (empty.empty() ? "no peer exists" : "so are all other pods: " + empty);
  if (const std::string known = evidence_text(evidence_after(known_evidence(dir), survey)); !known.empty()) {
    if (policy.on_lost_primary != OnLostPrimary::initialize) return wait_for_known_data(known);
    reason += ", and yet there was data: " + known + "; --on-lost-primary=initialize was said";
  }
  return plan(policy.initialize ? CloneAction::initialize : CloneAction::leave_to_entrypoint, reason);
}

}  // namespace

ClonePlan plan_clone(const DataDirFacts& dir, const std::optional<PeerSurvey>& survey, const ClonePolicy& policy) {
  if (auto by_directory = plan_by_directory(dir, policy.role)) return *std::move(by_directory);
  if (!survey)
    return plan(CloneAction::ask_peers,
                dir.content == Content::empty ? "the data directory is empty" : "a new clone was asked for");
  if (dir.content != Content::empty) return plan_reclone(*dir.request, *survey, policy);
  return policy.role == Role::primary ? plan_primary(dir, *survey, policy) : plan_replica(*survey, policy);
}

}  // namespace mysql_agent
