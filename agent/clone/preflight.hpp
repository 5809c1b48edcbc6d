#pragma once

#include <cstdint>

#include "common/base/file.hpp"
#include "common/volume/data_dir.hpp"

/// The checks of clone-mysql before it changes anything. Each check throws, with what is wrong and what to do.
namespace mysql_agent {

/// Throws failed where a server runs on the data. InnoDB holds a write lock (fcntl) on ibdata1 for as long as the
/// server runs (seen on MariaDB 10.11 and MySQL 9.7).
void check_no_server(const DataDir& dir);

/// Locks the data directory for this process until the result is destroyed. Throws failed where another clone-mysql
/// works on it.
Fd lock_data_dir(const DataDir& dir);

/// Throws failed where a file system is mounted on a directory of the data: such data cannot be renamed away.
void check_no_mounts(const DataDir& dir);

/// Throws usage_error where this process may not write in the data directory, or in the agent's directories in it.
void check_writable(const DataDir& dir);

/// Throws failed where the free space is less than the donor's estimate plus a tenth: prepare applies the log, and undo
/// and temporary space grow. `freed` bytes are removed before the clone. `beside_data`: the old data stays meanwhile.
void check_space(const DataDir& dir, std::uint64_t clone_bytes, std::uint64_t freed, bool beside_data);

}  // namespace mysql_agent
