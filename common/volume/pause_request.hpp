#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace mysql_agent {

/// A person's wish that the sidecar of a pod changes nothing. It stands until `until`, or until it is withdrawn.
struct PauseRequest {
  std::string pod;
  std::string asked;                  ///< the time in UTC, for people
  std::optional<std::int64_t> until;  ///< seconds since the epoch; nullopt: until it is withdrawn
  bool operator==(const PauseRequest&) const = default;
};

/// The text of the file (JSON, format 1).
std::string pause_request_text(const PauseRequest& request);

/// Reads the file of a request. nullopt: the file does not exist, or its time is over at `now`, in seconds since the
/// epoch. Throws refused if the file is cut, of another format, or of another pod than `pod`.
std::optional<PauseRequest> read_pause_request(const std::filesystem::path& file, const std::string& pod,
                                               std::int64_t now);
/// The same at the present time.
std::optional<PauseRequest> read_pause_request(const std::filesystem::path& file, const std::string& pod);

/// The sentence for people: since when the pod is paused, and until when.
std::string pause_text(const PauseRequest& request);

}  // namespace mysql_agent
