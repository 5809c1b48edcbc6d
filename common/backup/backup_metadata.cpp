#include "common/backup/backup_metadata.hpp"

#include <algorithm>
#include <set>

#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/server/mariadb_gtid.hpp"

namespace mysql_agent {
namespace {

// Accepts a number, a word, or paths like `ibdata1:12M;more/ibdata2:1G:autoextend`.
bool stays_in_directory(std::string_view value) {
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.,:;/";
  return value.find_first_not_of(allowed) == std::string_view::npos && !value.starts_with('/') &&
         value.find(";/") == std::string_view::npos && value.find("..") == std::string_view::npos;
}

// Even the GTID set of an old set with the UUIDs of many sources is much smaller.
constexpr std::size_t max_info_bytes = 1 << 20;

// A directory with the name of an info file is a database.
std::optional<std::string> read_info_file(const std::filesystem::path& file) {
  return is_backup_metadata(file) ? read_file_if_exists(file, max_info_bytes) : std::nullopt;
}

}  // namespace

std::optional<BackupCheckpoints> read_backup_checkpoints(const std::filesystem::path& directory) {
  for (const char* name : {"mariadb_backup_checkpoints", "xtrabackup_checkpoints"}) {
    if (!is_backup_metadata(directory / name)) continue;
    const auto text = read_file_if_exists(directory / name, 1 << 16);
    if (!text) continue;
    // Both tools write `backup_type = full-backuped` as the first line.
    constexpr std::string_view label = "backup_type = ";
    std::string type = text->starts_with(label) ? text->substr(label.size()) : "";
    type.resize(std::min(type.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), type.size()));
    if (type.empty())
      throw failed((directory / name).string() + " has no backup_type", "the backup is damaged: clone again");
    return BackupCheckpoints{name, type};
  }
  return std::nullopt;
}

std::vector<std::string> backup_engine_options(const std::filesystem::path& directory) {
  // XtraBackup 2.4 writes redo_log_version, because the servers that it can back up have different redo logs.
  static const std::set<std::string_view> wanted{
      "innodb_page_size",      "innodb_data_file_path",   "innodb_log_file_size",      "innodb_log_files_in_group",
      "innodb_log_block_size", "innodb_undo_tablespaces", "innodb_checksum_algorithm", "innodb_log_checksum_algorithm",
      "innodb_log_checksums",  "innodb_redo_log_encrypt", "innodb_undo_log_encrypt",   "innodb_compression_level",
      "redo_log_version"};
  const std::string text = read_file_if_exists(directory / "backup-my.cnf", 1 << 16).value_or("");
  std::vector<std::string> out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || !wanted.contains(line.substr(0, equals))) continue;
    if (!stays_in_directory(line.substr(equals + 1)))
      throw failed((directory / "backup-my.cnf").string() + " says '" + std::string(line.substr(0, 200)) + "'",
                   "the agent clones servers whose InnoDB files are all in the data directory");
    out.push_back("--" + std::string(line));
  }
  return out;
}

bool is_backup_metadata(const std::filesystem::path& file) {
  // The names that XtraBackup since 2.4 and mariadb-backup are known to write at the top. If a name is missing here,
  // the file is published with the data, which does no harm. A name too many would lose data.
  static const std::set<std::string_view> names{"binlog_info",
                                                "binlog_pos_innodb",
                                                "checkpoints",
                                                "component_keyring_file.cf",
                                                "component_keyring_kms.cf",
                                                "galera_info",
                                                "info",
                                                "keys",
                                                "logfile",
                                                "master_key_id",
                                                "slave_info",
                                                "tablespaces"};
  std::error_code error;
  if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(file, error))) return false;
  const std::string name = file.filename();
  if (name == "backup-my.cnf") return true;
  for (const std::string_view prefix : {"xtrabackup_", "mariadb_backup_"})
    if (name.starts_with(prefix)) return names.contains(std::string_view(name).substr(prefix.size()));
  return false;
}

std::optional<std::string> missing_backup_metadata(const std::filesystem::path& directory) {
  const auto has = [&](const char* name) { return std::filesystem::exists(directory / name); };
  if (!has("xtrabackup_checkpoints") && !has("mariadb_backup_checkpoints")) return "xtrabackup_checkpoints";
  if (!has("xtrabackup_info") && !has("mariadb_backup_info")) return "xtrabackup_info";
  if (!has("backup-my.cnf")) return "backup-my.cnf";
  return std::nullopt;
}

namespace {

std::optional<Position> replica_position(const std::filesystem::path& directory) {
  for (const char* name : {"mariadb_backup_slave_info", "xtrabackup_slave_info"}) {
    if (const auto text = read_info_file(directory / name))
      if (auto position = parse_replica_info(*text)) return position;
  }
  return std::nullopt;
}

std::optional<Position> log_position(const std::filesystem::path& directory) {
  for (const char* name : {"mariadb_backup_binlog_info", "xtrabackup_binlog_info"}) {
    if (const auto text = read_info_file(directory / name))
      if (auto position = parse_binlog_info(*text)) return position;
  }
  return std::nullopt;
}

}  // namespace

std::optional<BackupPosition> read_backup_position(const std::filesystem::path& directory) {
  if (const auto position = replica_position(directory)) return BackupPosition{*position, true};
  if (const auto position = log_position(directory)) return BackupPosition{*position, false};
  return std::nullopt;
}

// What came from the source has the source's server id in the log.
std::string own_transactions_of_copy(const std::filesystem::path& directory, std::uint32_t donor_id) {
  const auto source = replica_position(directory);
  const auto log = log_position(directory);
  if (!source || !log || !source->binlog_file.empty()) return "";
  const MariadbGtidList ahead = MariadbGtidList::parse(log->gtid).beyond(MariadbGtidList::parse(source->gtid));
  std::string own;
  for (const auto& [domain, gtid] : ahead.domains())
    if (gtid.server == donor_id) own += (own.empty() ? "" : ",") + gtid.text();
  return own;
}

}  // namespace mysql_agent
