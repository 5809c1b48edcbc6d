#include "common/backup/backup_metadata.hpp"

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>

#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/server/mariadb_gtid.hpp"
#include "common/server/server_settings.hpp"

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
constexpr std::size_t max_options_bytes = 1 << 16;
constexpr const char* backup_options_file = "backup-my.cnf";

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

namespace {

// Each line of backup-my.cnf that a prepare must know. XtraBackup 2.4 writes redo_log_version, because the servers that
// it can back up have different redo logs.
std::vector<std::string> engine_lines(const std::filesystem::path& directory) {
  static const std::set<std::string_view> wanted{
      "innodb_page_size",      "innodb_data_file_path",   "innodb_log_file_size",      "innodb_log_files_in_group",
      "innodb_log_block_size", "innodb_undo_tablespaces", "innodb_checksum_algorithm", "innodb_log_checksum_algorithm",
      "innodb_log_checksums",  "innodb_redo_log_encrypt", "innodb_undo_log_encrypt",   "innodb_compression_level",
      "redo_log_version"};
  const std::string text = read_file_if_exists(directory / backup_options_file, max_options_bytes).value_or("");
  std::vector<std::string> out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || !wanted.contains(line.substr(0, equals))) continue;
    if (!stays_in_directory(line.substr(equals + 1)))
      throw failed((directory / backup_options_file).string() + " says '" + std::string(line.substr(0, 200)) + "'",
                   "the agent clones servers whose InnoDB files are all in the data directory");
    out.emplace_back(line);
  }
  return out;
}

}  // namespace

std::vector<std::string> backup_engine_options(const std::filesystem::path& directory) {
  std::vector<std::string> lines = engine_lines(directory);
  for (std::string& line : lines) line.insert(0, "--");
  return lines;
}

std::vector<std::string> plugins_of_copy(const std::filesystem::path& directory) {
  std::istringstream text(read_file_if_exists(directory / backup_options_file, max_options_bytes).value_or(""));
  constexpr std::string_view option = "plugin_load=";
  std::vector<std::string> out;
  for (std::string line; std::getline(text, line);)
    if (line.starts_with(option))
      for (std::string& plugin : plugins_in(line.substr(option.size()))) out.push_back(std::move(plugin));
  return out;
}

void replace_plugins_of_copy(const std::filesystem::path& directory, const std::vector<std::string>& plugins) {
  std::string text = "[mysqld]\n";
  for (const std::string& line : engine_lines(directory)) text += line + "\n";
  std::string load;
  for (const std::string& plugin : plugins) load += (load.empty() ? "" : ";") + plugin + "=" + plugin;
  if (!load.empty()) text += "plugin_load=" + load + "\n";
  write_file_durably(directory / backup_options_file, text, 0640);
}

// mariadb-backup 10.11 and 11.8 were seen to write such names, and XtraBackup writes them by its sources
// (backup_copy.cc): the tablespaces and logs of InnoDB and Aria, and the last binary log with its index.
bool is_backup_path(std::string_view path, const std::vector<std::string>& system_files) {
  if (path.starts_with("./")) path.remove_prefix(2);
  if (path.find('/') != std::string_view::npos) return true;
  static const std::regex known(
      "backup-my\\.cnf|(xtrabackup|mariadb_backup)_[a-z_.]+|donor_galera_info|ibdata[0-9]+|ib_logfile[0-9]+|"
      "ib_buffer_pool|ib_lru_dump|undo[_0-9]+|aria_log_control|aria_log\\.[0-9]+|"
      "[^.].*\\.(ibd|ibu)|[^.].*\\.([0-9]{6,}|index)");
  return std::regex_match(path.begin(), path.end(), known) ||
         std::find(system_files.begin(), system_files.end(), path) != system_files.end();
}

std::vector<std::string> system_files_in(std::string_view data_file_path) {
  std::vector<std::string> out;
  while (!data_file_path.empty()) {
    const std::string_view file = data_file_path.substr(0, data_file_path.find(';'));
    data_file_path.remove_prefix(std::min(file.size() + 1, data_file_path.size()));
    if (!file.empty()) out.emplace_back(file.substr(0, file.find(':')));
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
  if (name == backup_options_file) return true;
  for (const std::string_view prefix : {"xtrabackup_", "mariadb_backup_"})
    if (name.starts_with(prefix)) return names.contains(std::string_view(name).substr(prefix.size()));
  return false;
}

std::optional<std::string> missing_backup_metadata(const std::filesystem::path& directory) {
  const auto has = [&](const char* name) { return std::filesystem::exists(directory / name); };
  if (!has("xtrabackup_checkpoints") && !has("mariadb_backup_checkpoints")) return "xtrabackup_checkpoints";
  if (!has("xtrabackup_info") && !has("mariadb_backup_info")) return "xtrabackup_info";
  if (!has(backup_options_file)) return backup_options_file;
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
