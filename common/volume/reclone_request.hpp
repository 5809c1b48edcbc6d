#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace mysql_agent {

/// A person's request to replace a replica's data by a new clone, at the next start of clone-mysql.
struct RecloneRequest {
  std::string pod;       ///< the pod whose data is to be replaced
  std::string asked;     ///< the time of the request in UTC, for people
  bool discard = false;  ///< the old data may be removed before the clone, if there is no space for both
  bool operator==(const RecloneRequest&) const = default;
};

/// The text of the file (JSON, format 1).
std::string reclone_request_text(const RecloneRequest& request);
/// Reads the text of the file. Throws refused if it is cut or of another format.
RecloneRequest parse_reclone_request(const std::string& text);

/// Reads the file of a request. nullopt: the file does not exist. Throws refused if the file is cut, of another format,
/// or of another pod than `pod`.
std::optional<RecloneRequest> read_reclone_request(const std::filesystem::path& file, const std::string& pod);

}  // namespace mysql_agent
