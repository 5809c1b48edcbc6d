#pragma once

#include <filesystem>
#include <string>

#include "common/volume/data_dir.hpp"

namespace mysql_agent {

/// A name that set-aside/ does not have yet: the time in UTC, as 20260131T235959Z, with `-2` and so on if need be.
std::string new_set_aside_name(const DataDir& dir);

/// Renames every entry of the data directory into `target`, but for reserved_names. Makes `target`. `mysql/` goes
/// first, durably: without mysql/ no image's entrypoint takes the rest for a finished data directory. Can be repeated
/// after a crash. Never replaces a file: throws refused if a name exists in `target`. All names are durable at the end.
/// Throws failed.
void move_data_to(const DataDir& dir, const std::filesystem::path& target);

/// Makes an empty staging directory. Removes what was in it: that belongs to the agent, and is unfinished. Throws
/// failed.
void make_staging(const DataDir& dir);

/// Makes an empty run directory, for a server on staging. No other user can enter it. Removes what was in it. Throws
/// failed.
void make_run_directory(const DataDir& dir);

/// Renames the entries of staging into the data directory, and removes staging. `mysql/` goes last: an image's
/// entrypoint takes a directory with mysql/ for initialised. These entries are not published: reserved_names, among
/// them lost+found, which XtraBackup sends as it sends any empty directory; and, if `copy` was made by a backup tool's
/// stream, the tool's metadata files. Can be repeated after a crash. Never replaces a file: throws refused if a name
/// exists in the data directory, or if there is no mysql/ at the end. All names are durable at the end. Throws failed.
void publish_staging(const DataDir& dir, const AgentState& copy);

}  // namespace mysql_agent
