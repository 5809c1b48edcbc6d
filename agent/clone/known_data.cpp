#include "agent/clone/known_data.hpp"

#include <algorithm>

namespace mysql_agent {
namespace {

// What 0.1.0 wrote down when an empty peer said that it knew of data: one that it had heard of, or that was silent.
constexpr const char* hearsay = "is empty, and knows of data of its set";

// Each pod has one piece of evidence. What a pod saw itself is never replaced by what it was told.
void add(std::vector<SetEvidence>& known, SetEvidence found) {
  const auto same_pod =
      std::find_if(known.begin(), known.end(), [&](const SetEvidence& each) { return each.pod == found.pod; });
  if (same_pod == known.end()) known.push_back(std::move(found));
  else if (found.told_by.empty() || !same_pod->told_by.empty()) *same_pod = std::move(found);
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
  std::vector<SetEvidence> known;
  for (const SetEvidence& each : dir.set_evidence)
    if (each.data && each.what != hearsay) known.push_back(each);
  if (!dir.state) return known;
  const AgentState& state = *dir.state;
  if (state.origin == Origin::initialize && !is_settled(state.state) && state.state != DataState::discarding)
    return known;
  add(known, {.pod = state.pod,
              .what = std::string("had data: the state on this volume is ") + state_name(state.state) +
                      (state.donor.empty() ? "" : ", cloned from " + state.donor)});
  return known;
}

std::vector<SetEvidence> evidence_after(std::vector<SetEvidence> known, const PeerSurvey& survey) {
  for (const PeerFact& peer : survey.peers) {
    if (peer.kind != PeerFact::Kind::answered) continue;
    if (has_trace(peer.info)) add(known, {.pod = peer.pod, .what = what_is_known(peer.info)});
    else if (peer.info.empty)
      for (const KnownData& each : peer.info.known_data)
        add(known, {.pod = each.pod, .what = each.what, .told_by = peer.pod});
  }
  return known;
}

std::vector<KnownData> told_evidence(const std::vector<SetEvidence>& evidence) {
  std::vector<KnownData> told;
  for (const SetEvidence& each : evidence)
    if (each.told_by.empty()) told.push_back({.pod = each.pod, .what = each.what});
  return told;
}

bool knows_from_hearsay(const DonorInfo& info) {
  return info.empty && info.knows_of_data && info.known_data.empty();
}

void note_unheard(std::vector<PeerFact>& unheard, PeerSurvey& survey) {
  for (const PeerFact& peer : survey.peers) {
    const auto noted =
        std::find_if(unheard.begin(), unheard.end(), [&](const PeerFact& each) { return each.pod == peer.pod; });
    const bool noted_before = noted != unheard.end();
    if (peer.kind == PeerFact::Kind::absent) {
      if (noted_before) survey.gone.push_back(*noted);
      continue;
    }
    const bool answered = peer.kind == PeerFact::Kind::answered;
    const bool silent = answered ? !peer.info.has_data && !peer.info.empty : peer.exists;
    if (silent && !noted_before) unheard.push_back(peer);
    else if (answered && !silent && noted_before) unheard.erase(noted);
  }
}

std::string evidence_text(const std::vector<SetEvidence>& evidence) {
  std::string out;
  for (const SetEvidence& each : evidence)
    out += (out.empty() ? "" : "; ") + each.pod + " " + each.what +
           (each.told_by.empty() ? "" : ", as " + each.told_by + " saw");
  return out;
}

}  // namespace mysql_agent
