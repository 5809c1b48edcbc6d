#pragma once

#include <string>
#include <vector>

#include "agent/pod/peer_survey.hpp"
#include "common/volume/data_dir.hpp"

/// What a pod whose volume is empty knows of its set's data.
namespace mysql_agent {

/// The evidence on the volume of an empty directory: what was written down, and the state that was left. The state of a
/// first initialisation that did not end is no evidence. Empty: nothing speaks against a new set.
std::vector<SetEvidence> known_evidence(const DataDirFacts& dir);

/// The evidence after one more round of asking the peers. A peer that exists is evidence, even a silent peer. A peer
/// that is gone keeps its evidence. A peer that says that it is empty is no evidence: the other pods of a new set say
/// so too.
std::vector<SetEvidence> evidence_after(std::vector<SetEvidence> known, const PeerSurvey& survey);

/// The evidence for people: `mysql-1 has data at 0-100-5; mysql-2 exists, ...`.
std::string evidence_text(const std::vector<SetEvidence>& evidence);

}  // namespace mysql_agent
