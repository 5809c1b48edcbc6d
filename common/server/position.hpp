#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mysql_agent {

/// Where replication starts: GTIDs, or, for a server without GTIDs, a binary log file of the source and an offset in
/// it. A position can have both.
struct Position {
  std::string gtid;
  std::string binlog_file;
  std::uint64_t binlog_offset = 0;  ///< bytes

  bool empty() const { return gtid.empty() && binlog_file.empty(); }
  std::string text() const;  ///< for people: the GTIDs, else `file:offset`, else `none`
  bool operator==(const Position&) const = default;
};

/// Whether `a` is before `b` in the binary logs of one server, by the number of the log (`binlog.000012`) and the
/// offset.
bool is_behind(const Position& a, const Position& b);

/// Reads `xtrabackup_binlog_info`, the position in the donor's own binary log: `file TAB offset [TAB gtids]`. MySQL
/// breaks a long GTID set into lines. nullopt: the text is empty or names no position, which XtraBackup 8.0 writes for
/// a server without a binary log. Throws failed for any other text, with its first 200 bytes.
std::optional<Position> parse_binlog_info(std::string_view text);

/// Reads `xtrabackup_slave_info`, or `change_master_to.sql.in` of Kubernetes' tutorial. Both hold SQL that points a
/// replica to the donor's source, with GTIDs (MariaDB `gtid_slave_pos`, MySQL `gtid_purged`) or with file and offset.
/// nullopt: the text is empty. Throws failed for any other text, with its first 200 bytes.
std::optional<Position> parse_replica_info(std::string_view text);

}  // namespace mysql_agent
