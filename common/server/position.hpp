#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mysql_agent {

/// Where replication starts: GTIDs, and, where a server has none, a binary log file of the source and the offset in it.
struct Position {
  std::string gtid;
  std::string binlog_file;
  std::uint64_t binlog_offset = 0;  ///< bytes

  bool empty() const { return gtid.empty() && binlog_file.empty(); }
  std::string text() const;  ///< for people: the GTIDs, else `file:offset`
  bool operator==(const Position&) const = default;
};

/// `xtrabackup_binlog_info`: `file TAB offset [TAB gtids]`, the donor's own binary log. MySQL breaks a long GTID set
/// into lines. nullopt for an empty text, or one that names nothing, which XtraBackup writes of a server without a
/// binary log. Throws failed, quoting the text, for anything else.
std::optional<Position> parse_binlog_info(std::string_view text);

/// `xtrabackup_slave_info`, or the tutorial's `change_master_to.sql.in`: the SQL that points a replica to the donor's
/// source, with a GTID position (MariaDB `gtid_slave_pos`, MySQL `gtid_purged`), or file and offset.
/// nullopt for an empty text. Throws failed, quoting it, for anything else.
std::optional<Position> parse_replica_info(std::string_view text);

}  // namespace mysql_agent
