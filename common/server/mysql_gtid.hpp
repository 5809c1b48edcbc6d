#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mysql_agent {

/// A set of MySQL transactions, as `gtid_executed` shows it: for each server's UUID, and from 8.3 on for each tag of
/// it, intervals of numbers, `3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7:tag:1-3`. In time and memory it costs what its
/// text is long, whatever the numbers.
/// https://dev.mysql.com/doc/refman/9.7/en/replication-gtids-concepts.html
class MysqlGtidSet {
 public:
  /// Who numbers transactions: a server, under each of its tags from 1 on.
  struct Source {
    std::string uuid;  ///< lower case
    std::string tag;   ///< lower case; empty for a transaction without one
    auto operator<=>(const Source&) const = default;
  };
  /// Both ends are in it.
  struct Interval {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool operator==(const Interval&) const = default;
  };

  MysqlGtidSet() = default;
  /// Reads `gtid_executed`, `gtid_purged` and the like, with white space and line breaks between any two parts. Throws
  /// failed, quoting how the text begins.
  static MysqlGtidSet parse(std::string_view text);

  bool empty() const { return sources_.empty(); }
  /// As the server writes it, in one line: sorted by UUID, what has no tag first, intervals merged.
  std::string text() const;

  /// Whether all of `other` is in this set.
  bool covers(const MysqlGtidSet& other) const;
  /// What is here and not in `other`.
  MysqlGtidSet beyond(const MysqlGtidSet& other) const;
  /// How many transactions are here and not in `other`; the highest number where they are more than it can tell.
  std::uint64_t transactions_beyond(const MysqlGtidSet& other) const;
  /// The part of the server with this UUID (in upper or lower case), with all its tags.
  MysqlGtidSet of_server(std::string_view uuid) const;
  bool operator==(const MysqlGtidSet&) const = default;

 private:
  using Intervals = std::vector<Interval>;
  static Intervals merged(Intervals intervals);
  static Intervals difference(const Intervals& from, const Intervals& what);

  std::map<Source, Intervals> sources_;  // none is empty; sorted, and with a gap between any two
};

}  // namespace mysql_agent
