#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/server/position.hpp"

namespace mysql_agent {

/// A backup tool's checkpoint file: how far the copy beside it is.
struct BackupCheckpoints {
  std::string file;  ///< its name
  std::string
      backup_type;  ///< `full-backuped` after the copy; `log-applied` (mariadb-backup), `full-prepared` (XtraBackup)
  bool prepared() const { return backup_type == "log-applied" || backup_type == "full-prepared"; }
};

/// `xtrabackup_checkpoints`, or `mariadb_backup_checkpoints` (mariadb-backup from 11.1 on). nullopt where there is
/// none. Throws failed where it has no backup_type.
std::optional<BackupCheckpoints> read_backup_checkpoints(const std::filesystem::path& directory);

/// The options in a copy's backup-my.cnf that a prepare has to know, as argv: page size, names and sizes of files and
/// the like. The tools read that file by themselves unless they are told `--no-defaults`, and then all of it: but it
/// came from the donor, and may name directories and libraries to load. Empty where there is no such file. Throws
/// failed for a value that leaves the directory.
std::vector<std::string> backup_engine_options(const std::filesystem::path& directory);

/// Whether a file at the top of a backup is the tool's and not the server's: one of the names that the tools write, and
/// no directory, for that is a database, whatever its name begins with.
bool is_backup_metadata(const std::filesystem::path& file);

/// Empty where the metadata that every complete backup ends with is there, else the name of what is missing.
std::string missing_backup_metadata(const std::filesystem::path& directory);

/// Where a replica made of a backup starts.
struct BackupPosition {
  Position position;
  /// True: in the log of the donor's source. False: in the donor's own, of which only a primary's is of use to a
  /// replica, except by GTIDs on MySQL, which are the same everywhere.
  bool of_source = false;
  bool operator==(const BackupPosition&) const = default;
};

/// The position in the metadata files of a backup tool in `directory`: the replica's file where it is there (the
/// donor was a replica), else the binary log's. On MariaDB both carry the same GTIDs; for file and offset only this
/// order is right. mariadb-backup names them mariadb_backup_* from 11.1 on. nullopt where there are none.
std::optional<BackupPosition> read_backup_position(const std::filesystem::path& directory);

}  // namespace mysql_agent
