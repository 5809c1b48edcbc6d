#include "agent/clone/reason_text.hpp"

#include <algorithm>
#include <cctype>

#include "agent/clone/known_data.hpp"

namespace mysql_agent {
namespace {

using Kind = CloneReason::Kind;

constexpr const char* how_to_withdraw =
    "`mysql-agent reclone --cancel` withdraws the request, and the data stays as it is";

void join(std::string& list, const char* separator, const std::string& next) {
  if (!list.empty()) list += separator;
  list += next;
}

std::string stream_text(StreamObstacle obstacle, const DonorInfo& donor, const CloneReason& here) {
  switch (obstacle) {
    case StreamObstacle::other_engine:
      return "--engine clone-plugin is set here, and it is cloned by a backup tool's stream";
    case StreamObstacle::no_tool: return "it is cloned by a backup tool's stream, and no backup tool is in PATH here";
    case StreamObstacle::tool_version: return tool_mismatch(*here.tool, donor.server).value_or("");
  }
  return "";
}

std::string plugin_text(PluginObstacle obstacle, const DonorInfo& donor, const CloneReason& here) {
  switch (obstacle) {
    case PluginObstacle::other_engine:
      return "--engine xtrabackup is set here, and it is cloned by MySQL's clone plugin";
    case PluginObstacle::no_server: return "it is cloned by MySQL's clone plugin, and no mysqld is in PATH here";
    case PluginObstacle::no_password:
      return "it is cloned by MySQL's clone plugin, and there is no --clone-password-file here";
    case PluginObstacle::server_version: return clone_plugin_mismatch(donor.server, *here.server).value_or("");
  }
  return "";
}

std::string engines_text(const DonorObstacle& obstacle, const DonorInfo& donor, const CloneReason& here) {
  std::string out;
  if (obstacle.stream) out = stream_text(*obstacle.stream, donor, here);
  if (obstacle.plugin_would_help)
    out += "; with --clone-password-file for its sidecar it could be cloned by MySQL's clone plugin too";
  if (obstacle.plugin) join(out, "; and ", plugin_text(*obstacle.plugin, donor, here));
  return out;
}

std::string obstacle_text(const DonorObstacle& obstacle, const PeerFact& peer, const CloneReason& here) {
  switch (obstacle.kind) {
    case DonorObstacle::Kind::silent: return peer.error;
    case DonorObstacle::Kind::unfit: return peer.info.reason.empty() ? "it is not fit" : peer.info.reason;
    case DonorObstacle::Kind::no_free_slot: return "all its clone slots are taken";
    case DonorObstacle::Kind::no_engine:
      return "it offers neither a backup tool's stream nor MySQL's clone plugin" +
             (peer.info.reason.empty() ? "" : ": " + peer.info.reason);
    case DonorObstacle::Kind::engines: return engines_text(obstacle, peer.info, here);
    case DonorObstacle::Kind::other_series:
      return "its server is " + peer.info.server.text() + ", and the one here is " + here.server->text();
  }
  return "";
}

std::string or_no_gtid(const std::string& gtids) {
  return gtids.empty() ? "no GTID" : gtids;
}

// Why the primary is not recovered from this pod, and at which GTIDs it is.
std::string candidate_text(const DonorInfo& info) {
  std::string why;
  if (!info.held.empty()) join(why, ", ", "its replication is on hold (" + info.held + ")");
  if (!info.own.empty()) join(why, ", ", "it wrote " + info.own + " itself");
  if (!info.filters.empty()) join(why, ", ", "it filters (" + info.filters + ")");
  const bool same = info.applied.empty() || info.applied == info.position;
  return info.pod + " at " + or_no_gtid(info.position) + (same ? "" : ", of which it replicated " + info.applied) +
         (why.empty() ? "" : ": " + why);
}

std::string candidates_text(const std::vector<NamedPeer>& peers) {
  std::string out;
  for (const NamedPeer& each : peers) join(out, "; ", candidate_text(each.peer.info));
  return out;
}

std::string more_text(const std::vector<NamedPeer>& peers) {
  std::string out;
  for (const NamedPeer& each : peers)
    if (!each.more.empty()) join(out, "; ", each.peer.info.pod + " alone has " + each.more);
  return out.empty() ? out : "; " + out;
}

// What is said of one pod.
struct Said {
  std::string name;  ///< where it stands alone
  std::string pod;
  std::string host;
  std::string text;
};

// The same of each pod: its own address is "it".
std::string without_address(const Said& said) {
  std::string out = said.text;
  if (said.host.empty()) return out;
  for (std::size_t at = out.find(said.host); at != std::string::npos; at = out.find(said.host, at + 2)) {
    std::size_t end = at + said.host.size();
    if (end < out.size() && std::isalnum(static_cast<unsigned char>(out[end]))) continue;
    if (end < out.size() && out[end] == ':')
      end = std::max(end, std::min(out.find_first_not_of("0123456789", end + 1), out.size()));
    out.replace(at, end - at, "it");
  }
  return out;
}

// `mysql-1.mysql: no answer; 2 of 3 pods, mysql-2 and mysql-3: all clone slots are taken`.
std::string grouped_text(const std::vector<Said>& all) {
  std::vector<std::pair<std::string, std::vector<const Said*>>> groups;
  for (const Said& each : all) {
    const std::string text = without_address(each);
    const auto at = std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.first == text; });
    if (at == groups.end()) groups.push_back({text, {&each}});
    else at->second.push_back(&each);
  }
  std::string out;
  for (const auto& [text, pods] : groups) {
    if (pods.size() == 1) {
      join(out, "; ", pods.front()->name + ": " + pods.front()->text);
      continue;
    }
    std::string names;
    for (const Said* each : pods) join(names, ", ", each->pod);
    join(out, "; ",
         std::to_string(pods.size()) + " of " + std::to_string(all.size()) + " pods, " + names + ": " + text);
  }
  return out;
}

std::string hosts_text(const CloneReason& reason) {
  std::vector<Said> all;
  for (const auto& [peer, obstacle, more] : reason.peers) {
    std::string state = peer.info.reason.empty() ? "fit" : peer.info.reason;
    if (obstacle) state = obstacle_text(*obstacle, peer, reason);
    all.push_back({.name = peer.host, .pod = peer.pod, .host = peer.host, .text = state});
  }
  return all.empty() ? "no other pod was found" : grouped_text(all);
}

// Of those that have an obstacle.
std::string obstacles_text(const CloneReason& reason) {
  std::vector<Said> all;
  for (const auto& [peer, obstacle, more] : reason.peers)
    if (obstacle)
      all.push_back({.name = peer.info.pod,
                     .pod = peer.info.pod,
                     .host = peer.host,
                     .text = obstacle_text(*obstacle, peer, reason)});
  return grouped_text(all);
}

std::string unapplied_text(const CloneReason& reason) {
  std::string out;
  for (const auto& [peer, obstacle, more] : reason.peers) join(out, "; ", peer.info.pod + ": " + peer.info.unapplied);
  return out;
}

std::string pods_text(const CloneReason& reason) {
  std::string out;
  for (const auto& [peer, obstacle, more] : reason.peers) join(out, ", ", peer.pod);
  return out;
}

// `mysql-1`, `mysql-1 and mysql-2`, `mysql-1, mysql-2 and mysql-3`.
std::string list_text(const std::vector<std::string>& items) {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) join(out, i + 1 == items.size() ? " and " : ", ", items[i]);
  return out;
}

// `mysql-1 and mysql-3 have the data (0-100-12): keep their volumes`. Where the positions differ, each pod has its own.
std::string keepers_text(const std::vector<const DonorInfo*>& keepers) {
  const std::string& first = keepers.front()->position;
  const bool same =
      std::all_of(keepers.begin(), keepers.end(), [&](const DonorInfo* each) { return each->position == first; });
  std::vector<std::string> names;
  for (const DonorInfo* each : keepers)
    names.push_back(same ? each->pod : each->pod + " (" + or_no_gtid(each->position) + ")");
  const bool many = keepers.size() > 1;
  return list_text(names) + (many ? " have" : " has") + " the data" + (same ? " (" + or_no_gtid(first) + ")" : "") +
         ": keep " + (many ? "their volumes" : "its volume");
}

// `waiting for mysql-2: its server does not answer; mysql-1 has the data (0-100-12): keep its volume`.
std::string silent_peers_text(const CloneReason& reason) {
  std::string waited_for;
  std::vector<const DonorInfo*> keepers;
  for (const auto& [peer, obstacle, more] : reason.peers) {
    if (peer.kind == PeerFact::Kind::answered && peer.info.has_data) keepers.push_back(&peer.info);
    else if (obstacle || peer.kind == PeerFact::Kind::silent || !peer.info.empty)
      join(waited_for, "; ", peer.pod + ": " + (obstacle ? obstacle_text(*obstacle, peer, reason) : peer.info.reason));
  }
  return "waiting for " + waited_for + (keepers.empty() ? "" : "; " + keepers_text(keepers));
}

std::string lost_primary_text(const CloneReason& reason) {
  std::string pods;
  for (const auto& [peer, obstacle, more] : reason.peers)
    join(pods, ", ", peer.info.pod + " at " + (peer.info.position.empty() ? "no GTID" : peer.info.position));
  return "the primary's data directory is empty, and a peer has data: " + pods;
}

std::string remains_text(const CloneReason& reason) {
  return "the data is lost, but for some files that are no complete data: " + reason.content;
}

std::string all_empty_text(const CloneReason& reason) {
  return "the data directory is empty, and " +
         (reason.peers.empty() ? "no peer exists" : "so are all other pods: " + pods_text(reason));
}

}  // namespace

std::string text(const CloneReason& reason) {
  const std::string state = reason.state ? state_name(*reason.state) : "";
  switch (reason.kind) {
    case Kind::settled: return "the state is " + state;
    case Kind::clone_interrupted: return "the clone was interrupted";
    case Kind::prepare_interrupted: return "the stream was complete, the prepare was interrupted";
    case Kind::copy_prepared: return "the copy is prepared";
    case Kind::publishing_interrupted: return "publishing was interrupted";
    case Kind::data_beside_clone: return "the state is " + state + ", and yet there is data in the data directory";
    case Kind::data_complete: return reason.content;
    case Kind::data_incomplete: return "the data directory holds data that is not complete: " + reason.content;
    case Kind::directory_empty: return "the data directory is empty";
    case Kind::no_fit_donor:
      return (reason.asked.empty() ? "" : "a new clone was asked for at " + reason.asked + ", and there is ") +
             "no fit donor: " + hosts_text(reason);
    case Kind::nobody_has_data: return all_empty_text(reason);
    case Kind::peers_have_data:
      return lost_primary_text(reason) +
             (reason.passed_over.empty()
                  ? ""
                  : "; not taken, for what is more there was not replicated: " + candidates_text(reason.passed_over));
    case Kind::recovery_refused: return lost_primary_text(reason);
    case Kind::no_candidate:
      return "the primary's data is lost, and it is recovered from none of the pods that have data: " +
             candidates_text(reason.peers);
    case Kind::peers_diverged:
      return "the primary's data is lost, and the pods each have transactions that the other lacks: " +
             candidates_text(reason.peers) + more_text(reason.peers);
    case Kind::recovery_loses:
      return "the primary's data is lost, and the pod that it would be recovered from lacks transactions: " +
             candidates_text(reason.peers) + more_text(reason.peers);
    case Kind::initialize_beside_peers: return lost_primary_text(reason) + "; --on-lost-primary=initialize is set";
    case Kind::peers_of_different_sets:
      return lost_primary_text(reason) + "; they are of different sets, so the primary was begun anew once";
    case Kind::peers_not_clonable:
      return lost_primary_text(reason) + "; not all of them can be cloned here: " + obstacles_text(reason);
    case Kind::peers_silent: return silent_peers_text(reason);
    case Kind::peers_gone:
      return "no other pod has data now, but a pod existed a moment ago and went away before it said what it has: " +
             pods_text(reason);
    case Kind::peers_behind: return "a peer has not applied yet all that it has received: " + unapplied_text(reason);
    case Kind::own_name_unknown:
      return "no peer was found, but this pod's own name does not resolve either: DNS cannot be trusted";
    case Kind::request_withdrawn: return "the request for a new clone was withdrawn";
    case Kind::request_on_primary:
      return "a new clone of this pod's data was asked for at " + reason.asked + ", and the pod is the primary";
    case Kind::new_clone_interrupted: return "the new clone was interrupted";
    case Kind::new_clone_prepared: return "the new clone is prepared";
    case Kind::new_clone_asked: return "a new clone was asked for at " + reason.asked;
    case Kind::setting_aside_interrupted: return "replacing the data was interrupted";
    case Kind::discarding_interrupted: return "removing the data was interrupted";
    case Kind::set_had_data:
      return "no other pod has data now, and yet there was data of this pod's set: " + evidence_text(reason.evidence);
    case Kind::initialize_despite_evidence:
      return all_empty_text(reason) + ", and yet there was data: " + evidence_text(reason.evidence) +
             "; --on-lost-primary=initialize is set";
    case Kind::remains_on_replica:
    case Kind::remains_of_primary:
    case Kind::remains_refused: return remains_text(reason);
    case Kind::remains_alone: return remains_text(reason) + ", and no other pod has data";
  }
  return "";
}

std::string hint(const CloneReason& reason) {
  switch (reason.kind) {
    case Kind::data_beside_clone:
      return std::string(
                 "something else wrote there while a clone was unfinished. Move these files away; or, if they are the "
                 "data that you want, remove .mysql-agent/state.json, and start the pod again. ") +
             lost_identity;
    case Kind::data_incomplete:
      return "no server may start on it. If another pod has the data (mysql-agent status --all), move these files to "
             "another place and keep them: the pod clones anew then. If this is the only copy, restore it by hand";
    case Kind::no_fit_donor:
      if (!reason.asked.empty())
        return std::string("the data is as it was; ") + how_to_withdraw + ". Else look at the pods named above";
      return "a replica never starts empty. Look at the pods named above: `mysql-agent status` there, and /v1/donor on "
             "their clone port";
    case Kind::recovery_refused:
      return "--on-lost-primary=refuse is set. `recover` clones the peer that has most; or put the lost volume back";
    case Kind::peers_of_different_sets:
      return "nobody but you knows which of them are right (`set_id` in their .mysql-agent/state.json). Take the "
             "others "
             "out of the set";
    case Kind::peers_not_clonable:
      return "use the image of the servers' own version; or take the others out of the set on purpose";
    case Kind::no_candidate:
      return "put the lost volume back. Or mend what holds the pod that is right (`mysql-agent doctor` there), and the "
             "primary is recovered from it. If it is on hold for what no log has any more, and its data is the best "
             "that "
             "is left: `mysql-agent release` there. Or save what you need from these pods, begin anew once with "
             "--on-lost-primary=initialize, and `mysql-agent reclone` the replicas then";
    case Kind::peers_diverged:
    case Kind::recovery_loses:
      return "put the lost volume back. Or save what one of these pods alone has, and take that pod out of the set "
             "until --on-lost-primary=recover has recovered the primary from the other one; then `mysql-agent reclone` "
             "the pod that was out";
    case Kind::remains_on_replica:
      return "say `mysql-agent reclone` where the volume is mounted: in the sidecar while it runs (kubectl exec POD -c "
             "sidecar -- mysql-agent reclone), else with --data-dir in a pod of your own; and start this pod again. It "
             "clones another pod then, and these files are set aside";
    case Kind::remains_refused:
      return "--on-lost-primary=refuse is set. `recover` sets these files aside, and clones the pod that has most; "
             "or put the lost data back";
    case Kind::remains_alone:
      return "put the lost data back, or bring the pods up that have it, and the primary is recovered from them. If "
             "that data is gone for good: start this pod once with --on-lost-primary=initialize, which sets these "
             "files aside and begins anew";
    case Kind::peers_silent:
      return "a primary never starts empty on a guess. See what the pods that are waited for lack: kubectl describe "
             "pod, "
             "and `mysql-agent doctor` there";
    case Kind::own_name_unknown:
      return "a primary never starts empty on a guess. Look at the cluster's DNS; the headless Service needs "
             "publishNotReadyAddresses: true";
    case Kind::peers_gone:
      return "bring that pod up again if it has data. If it has none, do nothing: at the next start of clone-mysql "
             "this pod waits for it no more";
    case Kind::peers_behind:
      return "it does so by itself while its SQL thread runs; where that is stopped, mend what its error names "
             "(`mysql-agent doctor` there). No other pod has these transactions";
    case Kind::request_on_primary: return std::string("check --first-ordinal; ") + how_to_withdraw;
    case Kind::set_had_data:
      return "a primary that knows of data of its set never begins anew by itself. Bring these pods up, and it is "
             "recovered from them: where the StatefulSet starts its pods in order, delete it with --cascade=orphan and "
             "apply it with podManagementPolicy: Parallel until this pod is up; or put the lost volume back. If that "
             "data is gone for good, or never was: start this pod once with --on-lost-primary=initialize, or remove "
             ".mysql-agent/set-evidence.json and .mysql-agent/state.json on its volume";
    case Kind::settled:
    case Kind::clone_interrupted:
    case Kind::prepare_interrupted:
    case Kind::copy_prepared:
    case Kind::publishing_interrupted:
    case Kind::data_complete:
    case Kind::directory_empty:
    case Kind::nobody_has_data:
    case Kind::peers_have_data:
    case Kind::initialize_beside_peers:
    case Kind::request_withdrawn:
    case Kind::new_clone_interrupted:
    case Kind::new_clone_prepared:
    case Kind::new_clone_asked:
    case Kind::setting_aside_interrupted:
    case Kind::discarding_interrupted:
    case Kind::remains_of_primary:
    case Kind::initialize_despite_evidence: return "";
  }
  return "";
}

}  // namespace mysql_agent
