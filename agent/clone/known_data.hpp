#pragma once

#include <string>
#include <vector>

#include "agent/pod/peer_survey.hpp"
#include "common/volume/data_dir.hpp"

/// What a pod whose volume is empty knows of its set's data.
namespace mysql_agent {

/// What is written down on the volume, and what its state says where one was left: any state but one of a first
/// initialisation that did not come to its end. Empty: nothing speaks against a new set. To be asked where the
/// directory is empty.
std::vector<SetEvidence> known_evidence(const DataDirFacts& dir);

/// What is known after one more round. A peer that exists is evidence, be it silent; one that is not there any more
/// stays what it was; one that says that it is empty is none: so do the other pods of a new set.
std::vector<SetEvidence> evidence_after(std::vector<SetEvidence> known, const PeerSurvey& survey);

/// For people: `mysql-1 has data at 0-100-5; mysql-2 exists, ...`.
std::string evidence_text(const std::vector<SetEvidence>& evidence);

}  // namespace mysql_agent
