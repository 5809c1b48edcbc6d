#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/base/reserved_names.hpp"
#include "common/server/position.hpp"
#include "common/volume/reclone_request.hpp"
#include "common/volume/set_evidence.hpp"
#include "common/volume/state_file.hpp"

namespace mysql_agent {

/// The names of all that the agent owns in a data directory.
struct DataDir {
  std::filesystem::path root;

  std::filesystem::path agent() const { return root / reserved_names::agent; }
  std::filesystem::path state_file() const { return agent() / "state.json"; }
  std::filesystem::path staging() const { return agent() / "staging"; }
  /// Socket, pid file and temporary files of a server that clone-mysql runs on staging.
  std::filesystem::path run() const { return agent() / "run"; }
  /// A request for a fresh clone. Renamed to the second name when the old data is about to go: from then on it cannot
  /// be withdrawn.
  std::filesystem::path reclone_request() const { return agent() / "reclone.json"; }
  std::filesystem::path reclone_taken() const { return agent() / "reclone-taken.json"; }
  /// The state of a copy in staging that is to replace complete data, which keeps its own state until then.
  std::filesystem::path copy_state_file() const { return agent() / "copy.json"; }
  /// What told a primary without data that its set has some; gone when it has data again.
  std::filesystem::path set_evidence() const { return agent() / "set-evidence.json"; }
  /// Data that was replaced, one directory for each time. Never removed by the agent.
  std::filesystem::path set_aside() const { return agent() / "set-aside"; }
  /// Data that is being removed.
  std::filesystem::path discarded() const { return agent() / "discarded"; }
};

enum class Content {
  empty,       ///< nothing but what the agent or mkfs made
  complete,    ///< a server can start on it and finds all that it had
  incomplete,  ///< a part of a copy, or a copy that was not prepared
};

struct DataDirFacts {
  std::optional<AgentState> state;
  std::optional<AgentState> copy;         ///< of a copy in staging that is to replace the data
  std::optional<RecloneRequest> request;  ///< taken or not
  std::vector<SetEvidence> set_evidence;  ///< that was written down on this volume
  Content content = Content::empty;
  std::string evidence;              ///< what the judgement rests on, for people
  std::optional<Position> position;  ///< from the info files that a backup tool or the tutorial left
};

/// Looks at a data directory and changes nothing. Throws usage_error where it is missing or cannot be read, refused
/// where a file of the agent's own is not to be understood (read_state).
DataDirFacts inspect_data_dir(const DataDir& dir, const std::string& pod);

/// Makes `state` durable; the agent's directory is made if need be. Files get the owner of the data directory.
void write_state(const DataDir& dir, const AgentState& state);
/// The same of a copy that is to replace the data.
void write_copy_state(const DataDir& dir, const AgentState& state);

/// Writes down that the set has data, durably.
void write_set_evidence(const DataDir& dir, const std::string& pod, const std::vector<SetEvidence>& evidence);
/// Forgets it, durably.
void remove_set_evidence(const DataDir& dir);

/// Asks for a fresh clone, durably.
void write_reclone_request(const DataDir& dir, const RecloneRequest& request);
/// Takes the request, durably: from here on it cannot be withdrawn. False where it has been withdrawn.
bool take_reclone_request(const DataDir& dir);
/// Withdraws the request, durably, whatever its file holds. False where there was none, or where it is taken.
bool withdraw_reclone_request(const DataDir& dir);
/// Removes what is left of a request and of its copy's state when all is done.
void finish_reclone(const DataDir& dir);

/// The names in set-aside/, oldest first; empty where there is none.
std::vector<std::string> list_set_aside(const DataDir& dir);

/// Bytes of the files that a clone would carry: all but binary and relay logs, redo logs and what is ours.
std::uint64_t clone_size_estimate(const DataDir& dir);
/// Bytes of all the files of the data: all but what is ours.
std::uint64_t data_size(const DataDir& dir);

}  // namespace mysql_agent
