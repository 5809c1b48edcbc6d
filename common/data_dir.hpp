#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "common/position.hpp"
#include "common/state_file.hpp"

namespace mysql_agent {

/// The names of all that the agent owns in a data directory.
struct DataDir {
  std::filesystem::path root;

  std::filesystem::path agent() const { return root / agent_name; }
  std::filesystem::path state_file() const { return agent() / "state.json"; }
  std::filesystem::path staging() const { return agent() / "staging"; }
  /// Socket, pid file and temporary files of a server that clone-mysql runs on staging.
  std::filesystem::path run() const { return agent() / "run"; }
  /// Our own dot-directory, which no server may take for a database.
  static constexpr const char* agent_name = ".mysql-agent";
  /// What mkfs leaves in the root of a volume.
  static constexpr const char* lost_found_name = "lost+found";
};

enum class Content {
  empty,       ///< nothing but what the agent or mkfs made
  complete,    ///< a server can start on it and finds all that it had
  incomplete,  ///< a part of a copy, or a copy that was not prepared
};

struct DataDirFacts {
  std::optional<AgentState> state;
  Content content = Content::empty;
  std::string evidence;              ///< what the judgement rests on, for people
  std::optional<Position> position;  ///< from the info files that a backup tool or the tutorial left
};

/// Looks at a data directory and changes nothing. Throws usage_error where it is missing or cannot be read, refused
/// where the state file is not to be understood (read_state).
DataDirFacts inspect_data_dir(const DataDir& dir, const std::string& pod);

/// Makes `state` durable; the agent's directory is made if need be. Files get the owner of the data directory.
void write_state(const DataDir& dir, const AgentState& state);

/// An empty staging directory; what was in it is removed (it is ours, and unfinished).
void make_staging(const DataDir& dir);

/// An empty directory that no other user can enter, for a server on staging; what was in it is removed.
void make_run_directory(const DataDir& dir);

/// Renames every entry of staging into the data directory, `mysql/` last: an image's entrypoint takes that name for
/// "initialised". The backup tool's metadata files stay behind. Can be repeated after a crash; never replaces.
/// Returns when all names are durable; staging is gone then.
void publish_staging(const DataDir& dir);

/// Bytes of the files that a clone would carry: all but binary and relay logs, redo logs and what is ours.
std::uint64_t clone_size_estimate(const DataDir& dir);

}  // namespace mysql_agent
