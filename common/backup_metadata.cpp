#include "common/backup_metadata.hpp"

#include <regex>

#include "common/error.hpp"
#include "common/file.hpp"

namespace mysql_agent {

std::optional<BackupCheckpoints> read_backup_checkpoints(const std::filesystem::path& directory) {
  for (const char* name : {"mariadb_backup_checkpoints", "xtrabackup_checkpoints"}) {
    const auto text = read_file_if_exists(directory / name, 1 << 16);
    if (!text) continue;
    static const std::regex type("(^|\\n)backup_type\\s*=\\s*([a-z-]+)");
    std::smatch match;
    if (!std::regex_search(*text, match, type))
      throw failed((directory / name).string() + " has no backup_type", "the backup is damaged: clone again");
    return BackupCheckpoints{name, match[2]};
  }
  return std::nullopt;
}

bool is_backup_metadata(std::string_view name) {
  return name.starts_with("xtrabackup_") || name.starts_with("mariadb_backup_") || name == "backup-my.cnf";
}

std::string missing_backup_metadata(const std::filesystem::path& directory) {
  const auto has = [&](const char* name) { return std::filesystem::exists(directory / name); };
  if (!has("xtrabackup_checkpoints") && !has("mariadb_backup_checkpoints")) return "xtrabackup_checkpoints";
  if (!has("xtrabackup_info") && !has("mariadb_backup_info")) return "xtrabackup_info";
  if (!has("backup-my.cnf")) return "backup-my.cnf";
  return "";
}

}  // namespace mysql_agent
