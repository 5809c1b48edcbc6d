#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mysql_agent {

/// What told a pod with an empty volume that its set has, or had, data: a pod with data, by name. A primary that knows
/// this never makes a new set by itself. The evidence is kept on the volume, so that it is still known when those pods
/// are gone.
struct SetEvidence {
  std::string pod;        ///< the pod that has, or had, data: a peer, or this pod itself by a state file on its volume
  bool data = true;       ///< false was written by 0.1.0 of a pod that existed and was silent: that is no evidence
  std::string what;       ///< for people, as `has data at 0-100-5`; the subject is the pod's name
  std::string told_by{};  ///< the empty pod that saw it; empty: this pod saw it itself. What was told is not passed on
  bool operator==(const SetEvidence&) const = default;
};

/// The text of the file (JSON, format 1). `pod` is the pod that the volume belongs to.
std::string set_evidence_text(const std::string& pod, const std::vector<SetEvidence>& evidence);
/// Reads the text of the file. Throws refused if it is cut, of another format, or of another pod than `pod`.
std::vector<SetEvidence> parse_set_evidence(const std::string& text, const std::string& pod);
/// Reads the file. Empty: the file does not exist. Throws refused as parse_set_evidence does.
std::vector<SetEvidence> read_set_evidence(const std::filesystem::path& file, const std::string& pod);

}  // namespace mysql_agent
