#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/server/server_version.hpp"

namespace mysql_agent {

/// The database's own backup tool, as it was found in PATH.
struct BackupTool {
  std::filesystem::path path;
  std::string name;       ///< `mariadb-backup` or `xtrabackup`
  ServerVersion version;  ///< of the server that it is made for
};

/// nullopt where PATH has none. Where it has both, the one of the server program in PATH, else mariadb-backup. Throws
/// failed where one is there and does not say its version.
std::optional<BackupTool> find_backup_tool();

/// Empty where the tool can back up this server, else why not: `its server is mysql 8.0.40, and the tool here is for
/// mysql 8.0 up to 8.0.32`. mariadb-backup takes servers of its series; XtraBackup too (2.4 is of 5.7), but 8.0
/// before 8.0.34 none that is newer than itself.
/// https://docs.percona.com/percona-xtrabackup/8.0/server-backup-version-comparison.html
/// https://docs.percona.com/percona-xtrabackup/8.4/server-backup-version-comparison.html
std::string tool_mismatch(const BackupTool& tool, const ServerVersion& server);

/// Reads what `--version` prints: `mariadb-backup based on MariaDB server 10.11.19-MariaDB ...`,
/// `xtrabackup version 8.0.35-30 based on MySQL server 8.0.35 ...` (2.4 is based on 5.7). Throws failed for anything
/// else.
ServerVersion parse_tool_version(std::string_view text);

/// argv of a backup that streams to stdout. The login comes from Command::option_file.
std::vector<std::string> backup_arguments(const BackupTool& tool, const std::filesystem::path& data_dir,
                                          unsigned parallel);

/// argv that makes a copy in `directory` consistent, with `memory` bytes for its buffer pool and the copy's own
/// backup_engine_options. Throws failed for damaged ones.
std::vector<std::string> prepare_arguments(const BackupTool& tool, const std::filesystem::path& directory,
                                           std::uint64_t memory);

/// Half of what this container may use (its cgroup's limit, or the machine's free memory where that is less), in
/// bytes, and between 128 MiB and 16 GiB: a prepare must not be killed for memory, nor crawl.
std::uint64_t default_prepare_memory();

}  // namespace mysql_agent
