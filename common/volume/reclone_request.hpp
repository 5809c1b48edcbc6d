#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace mysql_agent {

/// A person's wish that a replica's data is replaced by a fresh clone at the next start of clone-mysql.
struct RecloneRequest {
  std::string pod;
  std::string asked;     ///< when, in UTC, for people
  bool discard = false;  ///< the old data may be removed before the clone, for there is no space for both
  bool operator==(const RecloneRequest&) const = default;
};

/// The file's text (JSON, format 1), and back. The latter throws refused.
std::string reclone_request_text(const RecloneRequest& request);
RecloneRequest parse_reclone_request(const std::string& text);

/// nullopt where there is no such file. Throws refused where it is cut, of a newer format, or belongs to another pod.
std::optional<RecloneRequest> read_reclone_request(const std::filesystem::path& file, const std::string& pod);

}  // namespace mysql_agent
