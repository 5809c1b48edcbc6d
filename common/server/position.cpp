#include "common/server/position.hpp"

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <charconv>
#include <initializer_list>

#include "common/base/error.hpp"

namespace mysql_agent {
namespace {

std::string without_space(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') out += c;
  return out;
}

// A file name or a GTID set has visible ASCII characters only. Other bytes mean a damaged file, and JSON could not hold
// them.
bool is_visible(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::uint64_t parse_offset(const std::string& digits, const Error& bad) {
  std::uint64_t offset = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), offset);
  if (error != std::errc() || end != digits.data() + digits.size()) throw bad;
  return offset;
}

std::string_view without_leading_space(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

// The SQL after `NAME =`, at the first place of it. NAME is the first of `names` that the SQL assigns, in upper or
// lower case. std::regex is not used: it takes stack for each character, and a GTID set of 60 KB overflows the stack
// (GCC 12).
std::optional<std::string_view> assigned(std::string_view sql, std::initializer_list<std::string_view> names) {
  const std::string lowered = boost::to_lower_copy(std::string(sql));
  for (const std::string_view name : names) {
    for (std::size_t at = lowered.find(name); at != std::string::npos; at = lowered.find(name, at + 1)) {
      const std::string_view rest = without_leading_space(sql.substr(at + name.size()));
      if (rest.starts_with('=')) return without_leading_space(rest.substr(1));
    }
  }
  return std::nullopt;
}

std::optional<std::string> assigned_text(std::string_view sql, std::initializer_list<std::string_view> names) {
  const auto value = assigned(sql, names);
  if (!value || !value->starts_with('\'')) return std::nullopt;
  const std::size_t end = value->find('\'', 1);
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(value->substr(1, end - 1));
}

std::optional<std::string> assigned_number(std::string_view sql, std::initializer_list<std::string_view> names) {
  const auto value = assigned(sql, names);
  const std::string digits(value ? value->substr(0, value->find_first_not_of("0123456789")) : "");
  return digits.empty() ? std::nullopt : std::optional(digits);
}

std::uint64_t log_number(const std::string& file) {
  const std::size_t dot = file.rfind('.');
  return dot == std::string::npos ? 0 : std::strtoull(file.c_str() + dot + 1, nullptr, 10);
}

}  // namespace

bool is_behind(const Position& a, const Position& b) {
  const std::uint64_t a_number = log_number(a.binlog_file);
  const std::uint64_t b_number = log_number(b.binlog_file);
  return a_number != b_number ? a_number < b_number : a.binlog_offset < b.binlog_offset;
}

std::string Position::text() const {
  if (!gtid.empty()) return gtid;
  if (!binlog_file.empty()) return binlog_file + ":" + std::to_string(binlog_offset);
  return "none";
}

std::optional<Position> parse_binlog_info(std::string_view text) {
  if (without_leading_space(text).empty()) return std::nullopt;
  const Error bad = failed("the binary log position '" + std::string(text.substr(0, 200)) + "' is not understood",
                           "it should read: file, tab, offset, and perhaps tab and GTIDs");
  const std::size_t tab = text.find('\t');
  if (tab == std::string_view::npos) throw bad;
  std::string_view rest = text.substr(tab + 1);
  const std::size_t end = rest.find_first_of("\t\r\n");
  Position position;
  position.binlog_file = std::string(text.substr(0, tab));
  position.binlog_offset = parse_offset(std::string(rest.substr(0, end)), bad);
  if (end != std::string_view::npos) position.gtid = without_space(rest.substr(end));
  // XtraBackup 8.0 writes this for a server that has no binary log and has executed nothing.
  if (position.empty() && position.binlog_offset == 0) return std::nullopt;
  if (position.empty() || !is_visible(position.binlog_file) || !is_visible(position.gtid)) throw bad;
  return position;
}

std::optional<Position> parse_replica_info(std::string_view text) {
  if (without_leading_space(text).empty()) return std::nullopt;
  const Error bad = failed("the replica's position '" + std::string(text.substr(0, 200)) + "' is not understood",
                           "it should hold gtid_slave_pos, gtid_purged, or a log file and its offset");
  Position position;
  // Empty GTIDs are a position too: that of a source that has written nothing yet.
  const auto gtid = assigned_text(text, {"gtid_slave_pos", "gtid_purged"});
  if (gtid) position.gtid = without_space(*gtid);
  if (const auto file = assigned_text(text, {"master_log_file", "source_log_file"})) {
    const auto offset = assigned_number(text, {"master_log_pos", "source_log_pos"});
    if (!offset) throw bad;
    position.binlog_file = *file;
    position.binlog_offset = parse_offset(*offset, bad);
  }
  if (position.empty() && !gtid) throw bad;
  if (!is_visible(position.binlog_file) || !is_visible(position.gtid)) throw bad;
  return position;
}

}  // namespace mysql_agent
