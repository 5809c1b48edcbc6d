#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/server/position.hpp"

namespace mysql_agent {

/// The content of a backup tool's checkpoint file, which tells how far a copy is.
struct BackupCheckpoints {
  std::string file;  ///< the name of the checkpoint file
  /// `full-backuped` after the copy. After the prepare `log-applied` (mariadb-backup) or `full-prepared` (XtraBackup).
  std::string backup_type;

  bool prepared() const { return backup_type == "log-applied" || backup_type == "full-prepared"; }
};

/// Reads `xtrabackup_checkpoints`, or `mariadb_backup_checkpoints` (mariadb-backup from 11.1 on). nullopt: `directory`
/// has neither file. Throws failed if the file has no backup_type.
std::optional<BackupCheckpoints> read_backup_checkpoints(const std::filesystem::path& directory);

/// The options in a copy's backup-my.cnf that a prepare must know, as argv: page size, names and sizes of files and the
/// like. The tools would read the whole file by themselves; `--no-defaults` keeps them from that, because the file came
/// from the donor and could name directories, or libraries to load. Empty: there is no such file. Throws failed for a
/// value that names a path outside of the directory.
std::vector<std::string> backup_engine_options(const std::filesystem::path& directory);

/// The plugins that a prepare of the copy would load, because the donor's server has them: the names of their
/// libraries, without `.so`. Empty: none, or there is no backup-my.cnf.
std::vector<std::string> plugins_of_copy(const std::filesystem::path& directory);

/// Takes everything out of a copy's backup-my.cnf that the donor may not choose, durably: mariadb-backup loads what
/// `plugin_load` says there, whatever its own options are. `plugins` are those to load. Throws failed.
void replace_plugins_of_copy(const std::filesystem::path& directory, const std::vector<std::string>& plugins);

/// Whether a tool writes such a path into a backup. What lies in a directory is a database's. Of the names at the top
/// only those are known that are InnoDB's, Aria's, a binary log's or the tool's: no option file, for one, and no
/// auto.cnf. `system_files` are more files of InnoDB, as innodb_data_file_path names them.
bool is_backup_path(std::string_view path, const std::vector<std::string>& system_files);
/// The files in a value like `ibdata1:12M;ibdata2:1G:autoextend`.
std::vector<std::string> system_files_in(std::string_view data_file_path);

/// Whether a file at the top of a backup belongs to the tool, and not to the server. Such a file has one of the names
/// that the tools write. A directory is a database, whatever its name begins with.
bool is_backup_metadata(const std::filesystem::path& file);

/// The name of a metadata file that a complete backup has and this backup lacks. nullopt: no file is missing.
std::optional<std::string> missing_backup_metadata(const std::filesystem::path& directory);

/// Where a replica starts whose data is made of a backup.
struct BackupPosition {
  Position position;
  /// True: the position is in the binary log of the donor's source. False: it is in the donor's own binary log. The own
  /// log of a donor that is a replica is of no use to another replica; on MySQL its GTIDs are, as they are the same on
  /// every server.
  bool of_source = false;
  bool operator==(const BackupPosition&) const = default;
};

/// Reads the position from a backup tool's metadata files in `directory`. If the donor was a replica there is a
/// replica's file, *_slave_info, which counts first; else *_binlog_info counts. On MariaDB both files have the same
/// GTIDs; for file and offset only this order is right. From 11.1 on mariadb-backup calls the files mariadb_backup_*.
/// nullopt: neither file has a position. Throws failed for a damaged file.
std::optional<BackupPosition> read_backup_position(const std::filesystem::path& directory);

/// MariaDB: the transactions in the copy of a replica that the replica wrote itself, under its server id `donor_id`:
/// its binary log (*_binlog_info) is ahead of its source (*_slave_info) by them. Empty: none; or the copy is not that
/// of a replica that follows by GTID. Throws failed for a damaged file.
std::string own_transactions_of_copy(const std::filesystem::path& directory, std::uint32_t donor_id);

}  // namespace mysql_agent
