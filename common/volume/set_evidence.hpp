#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mysql_agent {

/// What told a primary whose volume is empty that there is, or was, data of its set. It is on the volume, so that it
/// outlives the peers that told it: such a primary never begins anew by itself.
struct SetEvidence {
  std::string pod;    ///< who told it: a peer, or the pod itself by a state that was left
  bool data = false;  ///< that pod has, or had, data; else it exists and did not say what it has
  std::string what;   ///< for people, as `has data at 0-100-5`; it follows the pod's name
  bool operator==(const SetEvidence&) const = default;
};

/// The file's text (JSON, format 1); `pod` is whose volume it is.
std::string set_evidence_text(const std::string& pod, const std::vector<SetEvidence>& evidence);
/// And back. Throws refused for what is no such text, or another pod's.
std::vector<SetEvidence> parse_set_evidence(const std::string& text, const std::string& pod);
/// Empty where there is no such file. Throws refused.
std::vector<SetEvidence> read_set_evidence(const std::filesystem::path& file, const std::string& pod);

}  // namespace mysql_agent
