#pragma once

#include <string>
#include <vector>

#include "agent/pod/peer_survey.hpp"
#include "common/volume/data_dir.hpp"

/// What a pod whose volume is empty knows of its set's data.
namespace mysql_agent {

/// The evidence on the volume of an empty directory: what was written down, and the state that was left. The state of a
/// first initialisation that did not end is no evidence, nor is what 0.1.0 wrote down of a silent pod, and of a pod
/// that said that it knows of data. Empty: nothing speaks against a new set.
std::vector<SetEvidence> known_evidence(const DataDirFacts& dir);

/// The evidence after one more round of asking the peers. Evidence is first-hand: a pod with data said it itself, or an
/// empty pod says that it saw data there, with that pod's name. A pod that is gone keeps its evidence. A pod that is
/// silent is no evidence, nor is a pod that says that it is empty: the other pods of a new set are both.
std::vector<SetEvidence> evidence_after(std::vector<SetEvidence> known, const PeerSurvey& survey);

/// What an empty pod tells the others of its evidence: what it saw itself.
std::vector<KnownData> told_evidence(const std::vector<SetEvidence>& evidence);

/// Whether an empty peer says that it knows of data, and not whose: an agent of version 0.1.0.
bool knows_from_hearsay(const DonorInfo& info);

/// Keeps in mind which pods exist and have not said what they have, from round to round, and fills in
/// PeerSurvey::gone. `unheard` are those of the earlier rounds.
void note_unheard(std::vector<PeerFact>& unheard, PeerSurvey& survey);

/// The evidence for people: `mysql-1 has data at 0-100-5; mysql-2 exists, ...`.
std::string evidence_text(const std::vector<SetEvidence>& evidence);

}  // namespace mysql_agent
