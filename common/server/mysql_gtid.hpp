#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mysql_agent {

/// A set of MySQL transactions, as `gtid_executed` shows it: `3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7:tag:1-3`. The
/// set has intervals of numbers for each server's UUID, and from 8.3 on for each tag of that server. Time and memory
/// grow with the length of the text, not with the numbers.
/// https://dev.mysql.com/doc/refman/9.7/en/replication-gtids-concepts.html
class MysqlGtidSet {
 public:
  /// What numbers transactions from 1 on: a server, and each tag of a server on its own.
  struct Source {
    std::string uuid;  ///< lower case
    std::string tag;   ///< lower case; empty for a transaction without one
    auto operator<=>(const Source&) const = default;
  };
  /// Numbers of transactions; `first` and `last` belong to the interval.
  struct Interval {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool operator==(const Interval&) const = default;
  };

  MysqlGtidSet() = default;
  /// Reads the value of `gtid_executed`, `gtid_purged` and the like. White space and line breaks may stand between any
  /// two parts. Throws failed, with the first 200 bytes of the text.
  static MysqlGtidSet parse(std::string_view text);

  bool empty() const { return sources_.empty(); }
  /// The set as the server writes it, in one line: sorted by UUID, intervals without a tag first, intervals merged.
  std::string text() const;

  /// Whether every transaction of `other` is in this set.
  bool covers(const MysqlGtidSet& other) const;
  /// The transactions of this set that `other` lacks.
  MysqlGtidSet beyond(const MysqlGtidSet& other) const;
  /// The number of transactions of this set that `other` lacks, at most 2^64-1.
  std::uint64_t transactions_beyond(const MysqlGtidSet& other) const;
  /// The transactions of the server with this UUID, with all its tags. Upper and lower case of the UUID are the same.
  MysqlGtidSet of_server(std::string_view uuid) const;
  bool operator==(const MysqlGtidSet&) const = default;

 private:
  using Intervals = std::vector<Interval>;
  static Intervals merged(Intervals intervals);
  static Intervals difference(const Intervals& from, const Intervals& what);

  // No list of intervals is empty. The intervals of a list are sorted, with a gap between any two of them.
  std::map<Source, Intervals> sources_;
};

}  // namespace mysql_agent
