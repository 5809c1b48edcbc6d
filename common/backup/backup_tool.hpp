#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/server/server_version.hpp"

namespace mysql_agent {

/// The backup tool of the database, as it was found in PATH.
struct BackupTool {
  std::filesystem::path path;
  std::string name;       ///< `mariadb-backup` or `xtrabackup`
  ServerVersion version;  ///< the version of the server that the tool is made for
};

/// Looks for a backup tool in PATH. If PATH has the tools of both families, the server program in PATH decides; without
/// a server program mariadb-backup is taken. nullopt: PATH has no backup tool. Throws failed if the tool does not print
/// its version.
std::optional<BackupTool> find_backup_tool();

/// Why the tool cannot back up this server, as `its server is mysql 8.0.40, and the tool here is for mysql 8.0 up to
/// 8.0.32`. nullopt: it can. A tool can back up servers of its own series (XtraBackup 2.4 belongs to 5.7).
/// XtraBackup 8.0 before 8.0.34 cannot back up a server that is newer than the tool.
/// https://docs.percona.com/percona-xtrabackup/8.0/server-backup-version-comparison.html
/// https://docs.percona.com/percona-xtrabackup/8.4/server-backup-version-comparison.html
std::optional<std::string> tool_mismatch(const BackupTool& tool, const ServerVersion& server);

/// Reads the output of `--version`: `mariadb-backup based on MariaDB server 10.11.19-MariaDB ...`,
/// `xtrabackup version 8.0.35-30 based on MySQL server 8.0.35 ...` (2.4 is based on 5.7). Throws failed for any other
/// text.
ServerVersion parse_tool_version(std::string_view text);

/// argv of a backup that goes to stdout as an xbstream. The login is in Command::option_file (tool_login_options).
/// `parallel` is the number of threads that read files.
std::vector<std::string> backup_arguments(const BackupTool& tool, const std::filesystem::path& data_dir,
                                          unsigned parallel);

/// argv of the prepare, which makes the copy in `directory` consistent. The tool's buffer pool gets `memory` bytes.
/// `with_plugins`: it reads Command::option_file (prepare_plugin_options). Throws failed as backup_engine_options does.
std::vector<std::string> prepare_arguments(const BackupTool& tool, const std::filesystem::path& directory,
                                           std::uint64_t memory, bool with_plugins);

/// The buffer pool of a prepare, in bytes: half of allowed_memory, but at least 128 MiB and at most 16 GiB. The kernel
/// must not kill a prepare for its memory, and a prepare must not be slow.
std::uint64_t default_prepare_memory();

}  // namespace mysql_agent
