#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace mysql_agent {

/// A backup tool's checkpoint file: how far the copy beside it is.
struct BackupCheckpoints {
  std::string file;         ///< its name
  std::string backup_type;  ///< `full-backuped` after the copy; `log-applied` (mariadb-backup), `full-prepared` (XtraBackup)
  bool prepared() const { return backup_type == "log-applied" || backup_type == "full-prepared"; }
};

/// `xtrabackup_checkpoints`, or `mariadb_backup_checkpoints` (mariadb-backup from 11.1 on). nullopt where there is
/// none. Throws failed where it has no backup_type.
std::optional<BackupCheckpoints> read_backup_checkpoints(const std::filesystem::path& directory);

/// Whether a name at the top of a backup belongs to the tool and not to the server.
bool is_backup_metadata(std::string_view name);

/// Empty where the metadata that every complete backup ends with is there, else the name of what is missing.
std::string missing_backup_metadata(const std::filesystem::path& directory);

}  // namespace mysql_agent
