#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/base/reserved_names.hpp"
#include "common/server/position.hpp"
#include "common/volume/pause_request.hpp"
#include "common/volume/reclone_request.hpp"
#include "common/volume/release_request.hpp"
#include "common/volume/set_evidence.hpp"
#include "common/volume/state_file.hpp"

namespace mysql_agent {

/// A data directory, and the paths of all files that the agent owns in it. All paths are told here alone.
struct DataDir {
  std::filesystem::path root;

  std::filesystem::path agent() const { return root / reserved_names::agent; }
  std::filesystem::path state_file() const { return agent() / "state.json"; }
  std::filesystem::path staging() const { return agent() / "staging"; }
  /// The socket, the pid file and the temporary files of a server that clone-mysql runs on staging.
  std::filesystem::path run() const { return agent() / "run"; }
  /// A request for a new clone. It is renamed to reclone_taken just before the old data is moved or removed. A request
  /// that was renamed cannot be withdrawn.
  std::filesystem::path reclone_request() const { return agent() / "reclone.json"; }
  std::filesystem::path reclone_taken() const { return agent() / "reclone-taken.json"; }
  /// A person's word on a hold (ReleaseRequest), until the sidecar has taken it.
  std::filesystem::path release_request() const { return agent() / "release.json"; }
  /// A person's wish that the sidecar changes nothing (PauseRequest), until it is withdrawn.
  std::filesystem::path pause_request() const { return agent() / "pause.json"; }
  /// The state of a copy in staging that is to replace complete data. The data keeps its own state_file meanwhile.
  std::filesystem::path copy_state_file() const { return agent() / "copy.json"; }
  /// What told a primary without data that its set has data (SetEvidence). Removed when the primary has data again.
  std::filesystem::path set_evidence() const { return agent() / "set-evidence.json"; }
  /// Data that was replaced, in one directory for each time. The agent never removes it.
  std::filesystem::path set_aside() const { return agent() / "set-aside"; }
  /// Data that is being removed.
  std::filesystem::path discarded() const { return agent() / "discarded"; }
};

/// What a data directory holds.
enum class Content {
  empty,       ///< only what the agent or mkfs made (reserved_names)
  complete,    ///< data that a server can start on, with nothing missing
  incomplete,  ///< a part of a copy, a copy that was not prepared, or a first initialisation that was cut short
};

/// What is known of a data directory.
struct DataDirFacts {
  std::optional<AgentState> state;
  std::optional<AgentState> copy;         ///< the state of a copy in staging that is to replace the data
  std::optional<RecloneRequest> request;  ///< a request for a new clone, taken or not
  std::vector<SetEvidence> set_evidence;  ///< what this volume says about the set's data
  Content content = Content::empty;
  /// Of `incomplete`: nothing there is named `mysql` or `mysql.ibd`, so that no server can find its system schema.
  bool only_remains = false;
  std::string content_reason;        ///< what `content` rests on, for people; empty for an empty directory
  std::optional<Position> position;  ///< from the files of a backup tool or of the tutorial, if there is no state
};

/// Throws usage_error where the data directory is missing or unreadable.
void check_is_there(const DataDir& dir);

/// Looks at a data directory, and changes nothing. `pod` is the name of this pod. Throws usage_error if the directory
/// is missing, failed if it cannot be read, and refused if a file of the agent cannot be understood (read_state).
DataDirFacts inspect_data_dir(const DataDir& dir, const std::string& pod);

/// Writes the state of the data, durably. Makes the agent's directory if it is missing; files get the owner of the data
/// directory. Throws failed, as all functions below do.
void write_state(const DataDir& dir, const AgentState& state);
/// Writes the state of a copy that is to replace the data, in the same way.
void write_copy_state(const DataDir& dir, const AgentState& state);

/// Writes down what tells that the set has data, durably.
void write_set_evidence(const DataDir& dir, const std::string& pod, const std::vector<SetEvidence>& evidence);
/// Removes what write_set_evidence wrote, durably.
void remove_set_evidence(const DataDir& dir);

/// Writes a request for a new clone, durably.
void write_reclone_request(const DataDir& dir, const RecloneRequest& request);
/// Writes the file of a release. Throws failed.
void write_release_request(const DataDir& dir, const ReleaseRequest& request);
/// Writes the file of a pause, durably. Throws failed.
void write_pause_request(const DataDir& dir, const PauseRequest& request);
/// Withdraws the pause, durably, whatever its file holds. False: there was no file.
bool withdraw_pause_request(const DataDir& dir);
/// Takes the request, durably. A request that was taken cannot be withdrawn. False: it has been withdrawn before.
bool take_reclone_request(const DataDir& dir);
/// Withdraws the request, durably, whatever its file holds. False: there was no request, or it was taken before.
bool withdraw_reclone_request(const DataDir& dir);
/// Removes the request, taken or not, and the state of its copy, durably. For the end of a new clone.
void finish_reclone(const DataDir& dir);

/// The names in set-aside/, the oldest first. Empty if set-aside/ does not exist.
std::vector<std::string> list_set_aside(const DataDir& dir);

/// Bytes of the files that a clone would carry: all files but binary logs, relay logs, redo logs and the agent's files.
/// A server may run meanwhile. Never throws for a file that cannot be read.
std::uint64_t clone_size_estimate(const DataDir& dir);
/// Bytes of all files but the agent's. Counts as clone_size_estimate does.
std::uint64_t data_size(const DataDir& dir);

}  // namespace mysql_agent
