#pragma once

#include <cstdint>
#include <filesystem>

#include "common/backup/backup_tool.hpp"
#include "common/base/error.hpp"

namespace mysql_agent {

/// The copy in staging is no good: only a new clone helps. What is not this is worth another try on the same copy.
class CopyUnusable : public Error {
 public:
  CopyUnusable(const std::string& what, const std::string& hint) : Error(ExitCode::failed, what, hint) {}
};

/// Makes a backup tool's copy consistent, with `memory` bytes for its buffer pool; returns only when the tool said so
/// and its checkpoint file agrees. Can be repeated. Throws failed where the tool was killed, CopyUnusable where it
/// refused.
void prepare_copy(const BackupTool& tool, const std::filesystem::path& directory, std::uint64_t memory);

}  // namespace mysql_agent
