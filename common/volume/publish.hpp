#pragma once

#include <filesystem>
#include <string>

#include "common/volume/data_dir.hpp"

namespace mysql_agent {

/// A name for set-aside/ that is not there yet: the time, as in 20260131T235959Z.
std::string new_set_aside_name(const DataDir& dir);

/// Renames every entry of the data directory but the agent's own and lost+found into `target`, which is made. `mysql/`
/// goes first, and durably: without it no image's entrypoint takes what is left for a finished directory. Can be
/// repeated after a crash; never replaces. Returns when all names are durable.
void move_data_to(const DataDir& dir, const std::filesystem::path& target);

/// An empty staging directory; what was in it is removed (it is ours, and unfinished).
void make_staging(const DataDir& dir);

/// An empty directory that no other user can enter, for a server on staging; what was in it is removed.
void make_run_directory(const DataDir& dir);

/// Renames every entry of staging into the data directory, `mysql/` last: an image's entrypoint takes that name for
/// "initialised". What stays behind are names of ours, lost+found, which XtraBackup sends as it sends any empty
/// directory, and, if `copy` says that a backup tool's stream made it, that tool's metadata files. Can be repeated
/// after a crash; never replaces. Returns when all names are durable; staging is gone then.
void publish_staging(const DataDir& dir, const AgentState& copy);

}  // namespace mysql_agent
