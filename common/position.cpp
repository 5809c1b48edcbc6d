#include "common/position.hpp"

#include <algorithm>
#include <charconv>
#include <regex>

#include "common/error.hpp"
#include "common/file.hpp"

namespace mysql_agent {
namespace {

// A GTID set of a long-lived MySQL set with many source UUIDs still stays far below this.
constexpr std::size_t max_info_bytes = 1 << 20;

std::string without_space(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') out += c;
  return out;
}

// A name or a GTID set is visible ASCII; anything else would be a damaged file, and no JSON could hold it.
bool is_visible(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::uint64_t parse_offset(const std::string& digits, const Error& bad) {
  std::uint64_t offset = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), offset);
  if (error != std::errc() || end != digits.data() + digits.size()) throw bad;
  return offset;
}

}  // namespace

std::string Position::text() const {
  if (!gtid.empty()) return gtid;
  if (!binlog_file.empty()) return binlog_file + ":" + std::to_string(binlog_offset);
  return "none";
}

Position parse_binlog_info(std::string_view text) {
  const Error bad = failed("the binary log position '" + std::string(text.substr(0, 200)) + "' is not understood",
                           "it should read: file, tab, offset, and perhaps tab and GTIDs");
  const std::size_t tab = text.find('\t');
  if (tab == std::string_view::npos || tab == 0) throw bad;
  std::string_view rest = text.substr(tab + 1);
  const std::size_t end = rest.find_first_of("\t\r\n");
  Position position;
  position.binlog_file = std::string(text.substr(0, tab));
  position.binlog_offset = parse_offset(std::string(rest.substr(0, end)), bad);
  if (end != std::string_view::npos) position.gtid = without_space(rest.substr(end));
  if (!is_visible(position.binlog_file) || !is_visible(position.gtid)) throw bad;
  return position;
}

std::optional<Position> parse_replica_info(std::string_view text) {
  const std::string sql(text);
  if (without_space(sql).empty()) return std::nullopt;
  static const auto flags = std::regex::ECMAScript | std::regex::icase;
  static const std::regex gtid("(gtid_slave_pos|gtid_purged)\\s*=\\s*'([^']*)'", flags);
  static const std::regex file("(MASTER|SOURCE)_LOG_FILE\\s*=\\s*'([^']*)'", flags);
  static const std::regex offset("(MASTER|SOURCE)_LOG_POS\\s*=\\s*([0-9]+)", flags);
  const Error bad = failed("the replica's position '" + sql.substr(0, 200) + "' is not understood",
                           "it should hold gtid_slave_pos, gtid_purged, or a log file and its offset");
  Position position;
  std::smatch match;
  // An empty one is a position too: nothing has been written yet.
  const bool by_gtid = std::regex_search(sql, match, gtid);
  if (by_gtid) position.gtid = without_space(match[2].str());
  if (std::regex_search(sql, match, file)) {
    position.binlog_file = match[2];
    if (!std::regex_search(sql, match, offset)) throw bad;
    position.binlog_offset = parse_offset(match[2], bad);
  }
  if (position.empty() && !by_gtid) throw bad;
  if (!is_visible(position.binlog_file) || !is_visible(position.gtid)) throw bad;
  return position;
}

std::optional<Position> read_backup_position(const std::filesystem::path& directory) {
  for (const char* name : {"mariadb_backup_slave_info", "xtrabackup_slave_info"}) {
    if (const auto text = read_file_if_exists(directory / name, max_info_bytes))
      if (auto position = parse_replica_info(*text)) return position;
  }
  for (const char* name : {"mariadb_backup_binlog_info", "xtrabackup_binlog_info"}) {
    if (const auto text = read_file_if_exists(directory / name, max_info_bytes)) return parse_binlog_info(*text);
  }
  return std::nullopt;
}

}  // namespace mysql_agent
