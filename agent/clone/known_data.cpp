#include "agent/clone/known_data.hpp"

#include <algorithm>

namespace mysql_agent {
namespace {

// Each pod has one piece of evidence. Evidence of data is never replaced by evidence that the pod merely exists.
void add(std::vector<SetEvidence>& known, SetEvidence found) {
  const auto same_pod =
      std::find_if(known.begin(), known.end(), [&](const SetEvidence& each) { return each.pod == found.pod; });
  if (same_pod == known.end()) known.push_back(std::move(found));
  else if (found.data || !same_pod->data) *same_pod = std::move(found);
}

// Where the server of a pod is down or in recovery, the sidecar offers no data, but still knows of it.
bool has_trace(const DonorInfo& info) {
  return info.has_data || !info.set_id.empty() || !info.position.empty() || info.bytes > 0;
}

std::string what_is_known(const DonorInfo& info) {
  if (info.has_data) return "has data at " + (info.position.empty() ? "no GTID" : info.position);
  return "cannot give its data" + (info.reason.empty() ? "" : ": " + info.reason);
}

}  // namespace

std::vector<SetEvidence> known_evidence(const DataDirFacts& dir) {
  std::vector<SetEvidence> known = dir.set_evidence;
  if (!dir.state) return known;
  const AgentState& state = *dir.state;
  if (state.origin == Origin::initialize && !is_settled(state.state) && state.state != DataState::discarding)
    return known;
  add(known, {state.pod, true,
              std::string("had data: the state on this volume is ") + state_name(state.state) +
                  (state.donor.empty() ? "" : ", cloned from " + state.donor)});
  return known;
}

std::vector<SetEvidence> evidence_after(std::vector<SetEvidence> known, const PeerSurvey& survey) {
  for (const PeerFact& peer : survey.peers) {
    const bool answered = peer.kind == PeerFact::Kind::answered;
    if (answered && has_trace(peer.info)) add(known, {peer.pod, true, what_is_known(peer.info)});
    else if (answered && peer.info.knows_of_data)
      add(known, {peer.pod, true, "is empty, and knows of data of its set"});
    else if (answered && peer.info.empty)
      std::erase_if(known, [&](const SetEvidence& each) { return each.pod == peer.pod && !each.data; });
    else if (answered) add(known, {peer.pod, false, "exists, and does not say that it is empty"});
    else if (peer.kind == PeerFact::Kind::silent && peer.exists)
      add(known, {peer.pod, false, "exists, and did not say what it has: " + peer.error});
  }
  return known;
}

std::string evidence_text(const std::vector<SetEvidence>& evidence) {
  std::string out;
  for (const SetEvidence& each : evidence) out += (out.empty() ? "" : "; ") + each.pod + " " + each.what;
  return out;
}

}  // namespace mysql_agent
