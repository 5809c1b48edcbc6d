#pragma once

#include <cstdint>
#include <filesystem>

#include "common/backup/backup_tool.hpp"
#include "common/base/error.hpp"
#include "common/server/server_settings.hpp"

namespace mysql_agent {

/// The copy in staging is no good: only a new clone helps. After any other error the same copy is worth another try.
class CopyUnusable : public Error {
 public:
  CopyUnusable(const std::string& what, const std::string& hint) : Error(ExitCode::failed, what, hint) {}
};

/// Makes a backup tool's copy consistent, with `memory` bytes for the buffer pool, and with the plugins for encrypted
/// and compressed pages that the server of this pod has. Returns only when the tool ended well, reported no error, and
/// its checkpoint file agrees. Can be repeated. Throws failed where the tool was killed, and CopyUnusable where the
/// tool refused the copy, or where the copy names a plugin that may not be loaded here.
void prepare_copy(const BackupTool& tool, const std::filesystem::path& directory, std::uint64_t memory,
                  const ServerSettings& own);

}  // namespace mysql_agent
