#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace mysql_agent {

/// A person's word that a replica's own transactions are right as they are. The sidecar takes it at its next look: it
/// alone writes the state while it runs.
struct ReleaseRequest {
  std::string pod;
  std::string asked;  ///< the time in UTC, for people
  std::string gtids;  ///< the transactions
  bool operator==(const ReleaseRequest&) const = default;
};

/// The text of the file (JSON, format 1).
std::string release_request_text(const ReleaseRequest& request);

/// Reads the file of a request. nullopt: the file does not exist. Throws refused if the file is cut, of another format,
/// or of another pod than `pod`.
std::optional<ReleaseRequest> read_release_request(const std::filesystem::path& file, const std::string& pod);

}  // namespace mysql_agent
