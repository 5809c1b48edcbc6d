#include "agent/clone/plan.hpp"

#include <algorithm>
#include <set>

#include "agent/clone/known_data.hpp"
#include "agent/clone/recovery_choice.hpp"
#include "common/server/dialect.hpp"

namespace mysql_agent {
namespace {

using Kind = CloneReason::Kind;

ClonePlan plan(CloneAction action, CloneReason reason) {
  ClonePlan out;
  out.action = action;
  out.reason = std::move(reason);
  return out;
}

ClonePlan beside_data(ClonePlan plan) {
  plan.beside_data = true;
  return plan;
}

// Rows 23 and 24. nullopt: the peers decide.
std::optional<ClonePlan> plan_remains(const DataDirFacts& dir, const ClonePolicy& policy) {
  const auto refuse = [&](Kind kind) {
    return plan(CloneAction::refuse, {.kind = kind, .state = dir.state->state, .content = dir.content_reason});
  };
  if (policy.role == Role::replica) return refuse(Kind::remains_on_replica);
  if (policy.on_lost_primary == OnLostPrimary::refuse) return refuse(Kind::remains_refused);
  return std::nullopt;
}

// Rows 1, 13 to 17, 23 and 24: settled data, which a person may want to be replaced. nullopt: the peers decide.
std::optional<ClonePlan> plan_settled(const DataDirFacts& dir, const ClonePolicy& policy) {
  const Role role = policy.role;
  if (!dir.request && dir.copy) return beside_data(plan(CloneAction::restart, {.kind = Kind::request_withdrawn}));
  if (!dir.request && dir.only_remains) return plan_remains(dir, policy);
  if (!dir.request) return plan(CloneAction::keep, {.kind = Kind::settled, .state = dir.state->state});
  if (role == Role::primary)
    return plan(CloneAction::refuse, {.kind = Kind::request_on_primary, .asked = dir.request->asked});
  if (!dir.copy) return std::nullopt;
  if (dir.copy->state == DataState::prepared) return plan(CloneAction::set_aside, {.kind = Kind::new_clone_prepared});
  if (dir.copy->state == DataState::cloned)
    return beside_data(plan(CloneAction::prepare, {.kind = Kind::prepare_interrupted}));
  return beside_data(plan(CloneAction::restart, {.kind = Kind::new_clone_interrupted}));
}

// Rows 6 and 7: the agent has written no state.
ClonePlan plan_without_state(const DataDirFacts& dir) {
  if (dir.content == Content::complete)
    return plan(CloneAction::adopt, {.kind = Kind::data_complete, .content = dir.content_reason});
  return plan(CloneAction::refuse, {.kind = Kind::data_incomplete, .content = dir.content_reason});
}

// Rows 1 to 7, 13 to 17, 20, 21 and 23. nullopt: the directory is empty, holds remains, or is to be replaced, and the
// peers decide.
std::optional<ClonePlan> plan_by_directory(const DataDirFacts& dir, const ClonePolicy& policy) {
  const bool empty = dir.content == Content::empty;
  if (!dir.state) return empty ? std::nullopt : std::optional(plan_without_state(dir));
  const DataState state = dir.state->state;
  const auto beside_clone = [&] {
    return plan(CloneAction::refuse, {.kind = Kind::data_beside_clone, .state = state});
  };
  switch (state) {
    case DataState::cloning:
      return empty ? plan(CloneAction::restart, {.kind = Kind::clone_interrupted}) : beside_clone();
    case DataState::cloned:
      return empty ? plan(CloneAction::prepare, {.kind = Kind::prepare_interrupted}) : beside_clone();
    case DataState::prepared: return empty ? plan(CloneAction::publish, {.kind = Kind::copy_prepared}) : beside_clone();
    case DataState::setting_aside: return plan(CloneAction::set_aside, {.kind = Kind::setting_aside_interrupted});
    case DataState::discarding: return plan(CloneAction::discard, {.kind = Kind::discarding_interrupted});
    case DataState::publishing: return plan(CloneAction::publish, {.kind = Kind::publishing_interrupted});
    case DataState::published:
    case DataState::replicating:
    case DataState::primary:
    case DataState::adopted: break;
  }
  return empty ? std::nullopt : plan_settled(dir, policy);
}

std::optional<StreamObstacle> stream_obstacle(const DonorInfo& info, const ClonePolicy& policy) {
  if (policy.engine == EngineChoice::clone_plugin) return StreamObstacle::other_engine;
  if (!policy.tool) return StreamObstacle::no_tool;
  if (tool_mismatch(*policy.tool, info.server)) return StreamObstacle::tool_version;
  return std::nullopt;
}

std::optional<PluginObstacle> plugin_obstacle(const DonorInfo& info, const ClonePolicy& policy) {
  if (policy.engine == EngineChoice::xtrabackup) return PluginObstacle::other_engine;
  if (!policy.server) return PluginObstacle::no_server;
  if (!policy.clone_password) return PluginObstacle::no_password;
  if (clone_plugin_mismatch(info.server, *policy.server)) return PluginObstacle::server_version;
  return std::nullopt;
}

// Sets the engine by which the peer can be cloned here, or returns what stands in the way. A peer that offers both
// engines is cloned by a stream where that is possible.
std::optional<DonorObstacle> choose_engine(PeerFact& peer, const ClonePolicy& policy) {
  const bool stream = offers(peer.info, Engine::xtrabackup);
  const bool plugin = offers(peer.info, Engine::clone_plugin);
  if (!stream && !plugin) return DonorObstacle{.kind = DonorObstacle::Kind::no_engine};
  DonorObstacle obstacle{.kind = DonorObstacle::Kind::engines};
  if (stream) {
    peer.engine = Engine::xtrabackup;
    obstacle.stream = stream_obstacle(peer.info, policy);
    if (!obstacle.stream) return std::nullopt;
    obstacle.plugin_would_help =
        !plugin && policy.engine == EngineChoice::automatic && has_clone_plugin(peer.info.server);
  }
  if (plugin) {
    peer.engine = Engine::clone_plugin;
    obstacle.plugin = plugin_obstacle(peer.info, policy);
    if (!obstacle.plugin) return std::nullopt;
  }
  return obstacle;
}

// How near a donor is; less is better. The reason is the tutorial's: the primary has most to do, and where each pod
// takes its data from the pod below, the load spreads.
std::uint64_t preference(const PeerFact& peer, const ClonePolicy& policy) {
  if (peer.info.role == Role::primary) return ~0ULL;
  if (peer.ordinal < policy.ordinal) return policy.ordinal - peer.ordinal;
  return (1ULL << 32) + peer.ordinal;
}

// What stands in the way of a replica's clone of this peer. Sets the peer's engine where nothing does.
std::optional<DonorObstacle> donor_obstacle(PeerFact& peer, const ClonePolicy& policy) {
  if (peer.kind == PeerFact::Kind::silent) return DonorObstacle{.kind = DonorObstacle::Kind::silent};
  if (!peer.info.fit) return DonorObstacle{.kind = DonorObstacle::Kind::unfit};
  if (auto obstacle = choose_engine(peer, policy)) return obstacle;
  if (peer.info.slots_free == 0) return DonorObstacle{.kind = DonorObstacle::Kind::no_free_slot};
  return std::nullopt;
}

// Rows 8 and 9.
ClonePlan plan_replica(const PeerSurvey& survey, const ClonePolicy& policy) {
  ClonePlan out = plan(CloneAction::clone, {.kind = Kind::directory_empty});
  CloneReason none_fit{.kind = Kind::no_fit_donor, .tool = policy.tool, .server = policy.server};
  for (PeerFact peer : survey.peers) {
    if (peer.kind == PeerFact::Kind::absent) continue;
    const auto obstacle = donor_obstacle(peer, policy);
    if (!obstacle) out.donors.push_back(peer);
    none_fit.peers.push_back({.peer = peer, .obstacle = obstacle});
  }
  if (out.donors.empty()) return plan(CloneAction::wait, std::move(none_fit));
  std::stable_sort(out.donors.begin(), out.donors.end(),
                   [&](const PeerFact& a, const PeerFact& b) { return preference(a, policy) < preference(b, policy); });
  return out;
}

// Rows 18 and 19.
ClonePlan plan_reclone(const RecloneRequest& request, const PeerSurvey& survey, const ClonePolicy& policy) {
  ClonePlan out = plan_replica(survey, policy);
  out.reason.asked = request.asked;
  if (out.action != CloneAction::clone) return out;
  out.reason.kind = Kind::new_clone_asked;
  if (request.discard) out.action = CloneAction::discard;
  else out.beside_data = true;
  return out;
}

// What stands in the way of a recovery from this peer. The plugin can take data of an older series, but replicas of an
// older series cannot follow a newer source.
std::optional<DonorObstacle> recovery_obstacle(PeerFact& peer, const ClonePolicy& policy) {
  if (auto obstacle = choose_engine(peer, policy)) return obstacle;
  if (policy.server && peer.engine == Engine::clone_plugin && !peer.info.server.same_series(*policy.server))
    return DonorObstacle{.kind = DonorObstacle::Kind::other_series};
  return std::nullopt;
}

ClonePlan refuse_recovery(CloneReason reason, Kind kind, std::vector<NamedPeer> pods) {
  reason.kind = kind;
  reason.peers = std::move(pods);
  return plan(CloneAction::refuse, std::move(reason));
}

// Row 11, recover: the donor, where the choice names one.
ClonePlan plan_choice(RecoveryChoice choice, CloneReason reason) {
  switch (choice.kind) {
    case RecoveryChoice::Kind::no_candidate:
      return refuse_recovery(std::move(reason), Kind::no_candidate, std::move(choice.pods));
    case RecoveryChoice::Kind::diverged:
      return refuse_recovery(std::move(reason), Kind::peers_diverged, std::move(choice.pods));
    case RecoveryChoice::Kind::loses:
      return refuse_recovery(std::move(reason), Kind::recovery_loses, std::move(choice.pods));
    // A copy would lack what is not applied, and the replica would go on with what the new primary never had.
    case RecoveryChoice::Kind::behind:
      return plan(CloneAction::wait, {.kind = Kind::peers_behind, .peers = std::move(choice.pods)});
    case RecoveryChoice::Kind::chosen: break;
  }
  // Only this donor: a lesser donor, taken for a passing fault of the first, would lose transactions.
  ClonePlan out = plan(CloneAction::clone, std::move(reason));
  out.donors.push_back(choice.pods.front().peer);
  out.reason.passed_over = std::move(choice.passed_over);
  out.recovery = true;
  return out;
}

// Row 11, recover.
ClonePlan plan_recovery(CloneReason reason, const ClonePolicy& policy) {
  std::set<std::string> sets;
  for (const NamedPeer& named : reason.peers)
    if (!named.peer.info.set_id.empty()) sets.insert(named.peer.info.set_id);
  if (sets.size() > 1) {
    reason.kind = Kind::peers_of_different_sets;
    return plan(CloneAction::refuse, std::move(reason));
  }
  for (auto& [peer, obstacle, more] : reason.peers) {
    // A donor that has not learned its set yet is of the set of the others.
    if (!sets.empty()) peer.info.set_id = *sets.begin();
    // A candidate that cannot be cloned may have the most: leaving it out could lose data.
    if (!is_candidate(peer.info)) continue;
    obstacle = recovery_obstacle(peer, policy);
    if (obstacle) reason.kind = Kind::peers_not_clonable;
  }
  RecoveryChoice choice = choose_recovery(reason.peers);
  if (choice.kind == RecoveryChoice::Kind::behind || reason.kind != Kind::peers_not_clonable)
    return plan_choice(std::move(choice), std::move(reason));
  return plan(CloneAction::refuse, std::move(reason));
}

CloneAction begin_anew(const ClonePolicy& policy) {
  return policy.initialize ? CloneAction::initialize : CloneAction::leave_to_entrypoint;
}

// Row 11.
ClonePlan plan_lost_primary(std::vector<NamedPeer> with_data, const ClonePolicy& policy) {
  CloneReason reason{
      .kind = Kind::peers_have_data, .peers = std::move(with_data), .tool = policy.tool, .server = policy.server};
  switch (policy.on_lost_primary) {
    case OnLostPrimary::recover: break;
    case OnLostPrimary::refuse: reason.kind = Kind::recovery_refused; return plan(CloneAction::refuse, reason);
    case OnLostPrimary::initialize:
      reason.kind = Kind::initialize_beside_peers;
      return plan(begin_anew(policy), reason);
  }
  return plan_recovery(std::move(reason), policy);
}

// Rows 10, 12 and 22: no peer has data, and that is sure.
ClonePlan plan_first_data(CloneReason reason, std::vector<SetEvidence> evidence, const std::vector<PeerFact>& gone,
                          const ClonePolicy& policy) {
  if (evidence.empty() && !gone.empty() && policy.on_lost_primary != OnLostPrimary::initialize) {
    reason.kind = Kind::peers_gone;
    reason.peers.clear();
    for (const PeerFact& peer : gone) reason.peers.push_back({.peer = peer});
    return plan(CloneAction::wait, std::move(reason));
  }
  if (evidence.empty()) return plan(begin_anew(policy), std::move(reason));
  reason.evidence = std::move(evidence);
  reason.kind = Kind::set_had_data;
  if (policy.on_lost_primary != OnLostPrimary::initialize) return plan(CloneAction::wait, std::move(reason));
  reason.kind = Kind::initialize_despite_evidence;
  return plan(begin_anew(policy), std::move(reason));
}

// A peer that answers, and says neither that it has data nor that it is empty, may have some: its server may be in
// recovery.
bool may_have_data(const PeerFact& peer) {
  return peer.kind == PeerFact::Kind::silent || (!peer.info.has_data && !peer.info.empty);
}

// Row 12. What an agent of 0.1.0 has heard names nobody, so it is asked again until it is gone: it is not written down.
constexpr const char* heard_of_data =
    "it is empty, and knows of data of its set, but its mysql-agent is older and does not say whose";

// Rows 10 to 12 and 22.
ClonePlan plan_primary(const DataDirFacts& dir, const PeerSurvey& survey, const ClonePolicy& policy) {
  std::vector<NamedPeer> existing;
  std::vector<NamedPeer> with_data;
  std::vector<NamedPeer> empty;
  std::vector<NamedPeer> heard;
  bool silent = false;
  for (const PeerFact& peer : survey.peers) {
    if (peer.kind == PeerFact::Kind::absent) continue;
    std::optional<DonorObstacle> obstacle;
    if (peer.kind == PeerFact::Kind::silent) obstacle = DonorObstacle{.kind = DonorObstacle::Kind::silent};
    existing.push_back({.peer = peer, .obstacle = obstacle});
    silent = silent || may_have_data(peer);
    if (peer.kind == PeerFact::Kind::answered && knows_from_hearsay(peer.info)) {
      heard.push_back({.peer = peer, .obstacle = DonorObstacle{.kind = DonorObstacle::Kind::silent}});
      heard.back().peer.error = heard_of_data;
    }
    if (peer.kind != PeerFact::Kind::answered) continue;
    if (peer.info.empty) empty.push_back({.peer = peer});
    if (peer.info.has_data) with_data.push_back({.peer = peer});
  }
  // A silent peer may have more than the peers that answered: the choice waits for it.
  if (silent) return plan(CloneAction::wait, {.kind = Kind::peers_silent, .peers = std::move(existing)});
  if (!with_data.empty()) return plan_lost_primary(std::move(with_data), policy);
  if (!survey.own_name_resolves) return plan(CloneAction::wait, {.kind = Kind::own_name_unknown});
  if (!heard.empty() && policy.on_lost_primary != OnLostPrimary::initialize)
    return plan(CloneAction::wait, {.kind = Kind::peers_silent, .peers = std::move(heard)});
  return plan_first_data({.kind = Kind::nobody_has_data, .peers = std::move(empty)},
                         evidence_after(known_evidence(dir), survey), survey.gone, policy);
}

// Row 24: what an empty primary would do. What is left moves away before anything else is made there.
ClonePlan plan_primary_with_remains(const DataDirFacts& dir, const PeerSurvey& survey, const ClonePolicy& policy) {
  ClonePlan out = plan_primary(dir, survey, policy);
  switch (out.action) {
    case CloneAction::clone:
    case CloneAction::initialize:
    case CloneAction::leave_to_entrypoint:
      return plan(CloneAction::set_remains_aside, {.kind = Kind::remains_of_primary, .content = dir.content_reason});
    case CloneAction::wait: break;
    case CloneAction::refuse:
    case CloneAction::keep:
    case CloneAction::ask_peers:
    case CloneAction::restart:
    case CloneAction::prepare:
    case CloneAction::publish:
    case CloneAction::adopt:
    case CloneAction::set_aside:
    case CloneAction::set_remains_aside:
    case CloneAction::discard: return out;
  }
  if (out.reason.kind != Kind::set_had_data) return out;
  out.action = CloneAction::refuse;
  out.reason.kind = Kind::remains_alone;
  out.reason.content = dir.content_reason;
  return out;
}

}  // namespace

ClonePlan plan_clone(const DataDirFacts& dir, const std::optional<PeerSurvey>& survey, const ClonePolicy& policy) {
  if (auto by_directory = plan_by_directory(dir, policy)) return *std::move(by_directory);
  const bool empty = dir.content == Content::empty;
  if (!survey && empty) return plan(CloneAction::ask_peers, {.kind = Kind::directory_empty});
  if (!survey && !dir.request)
    return plan(CloneAction::ask_peers, {.kind = Kind::remains_of_primary, .content = dir.content_reason});
  if (!survey) return plan(CloneAction::ask_peers, {.kind = Kind::new_clone_asked, .asked = dir.request->asked});
  if (!empty && !dir.request) return plan_primary_with_remains(dir, *survey, policy);
  if (!empty) return plan_reclone(*dir.request, *survey, policy);
  return policy.role == Role::primary ? plan_primary(dir, *survey, policy) : plan_replica(*survey, policy);
}

}  // namespace mysql_agent
