#pragma once

#include <cstdint>
#include <filesystem>

#include "common/backup/backup_tool.hpp"
#include "common/base/error.hpp"

namespace mysql_agent {

/// The copy in staging is no good: only a new clone helps. After any other error the same copy is worth another try.
class CopyUnusable : public Error {
 public:
  CopyUnusable(const std::string& what, const std::string& hint) : Error(ExitCode::failed, what, hint) {}
};

/// Makes a backup tool's copy consistent, with `memory` bytes for the buffer pool. Returns only when the tool ended
/// well and its checkpoint file agrees. Can be repeated. Throws failed where the tool was killed, and CopyUnusable
/// where it refused the copy.
void prepare_copy(const BackupTool& tool, const std::filesystem::path& directory, std::uint64_t memory);

}  // namespace mysql_agent
