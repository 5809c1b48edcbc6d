#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace mysql_agent {

/// A MariaDB position: for each replication domain the last transaction, `0-100-5,7-100-12`.
/// https://mariadb.com/kb/en/gtid/
class MariadbGtidList {
 public:
  struct Gtid {
    std::uint32_t domain = 0;
    std::uint32_t server = 0;
    std::uint64_t sequence = 0;
    std::string text() const;
    bool operator==(const Gtid&) const = default;
  };

  MariadbGtidList() = default;
  /// Reads `gtid_slave_pos`, `gtid_binlog_pos` and the like; of several GTIDs in one domain the highest counts.
  /// Throws failed, quoting the text.
  static MariadbGtidList parse(std::string_view text);

  bool empty() const { return domains_.empty(); }
  std::string text() const;
  const std::map<std::uint32_t, Gtid>& domains() const& { return domains_; }
  void domains() const&& = delete;  // a loop over a temporary's map would read freed memory

  /// Whether a server that stands here has all that one at `other` has, judged by sequence numbers.
  bool covers(const MariadbGtidList& other) const;
  /// What is here and is not covered by `other`; the list of transactions past it, one end per domain.
  MariadbGtidList beyond(const MariadbGtidList& other) const;
  /// The later one of both in each domain.
  MariadbGtidList with(const MariadbGtidList& other) const;
  /// The sum of the sequence numbers that lie past `other`: how many transactions.
  std::uint64_t transactions_beyond(const MariadbGtidList& other) const;
  bool operator==(const MariadbGtidList&) const = default;

 private:
  std::map<std::uint32_t, Gtid> domains_;
};

}  // namespace mysql_agent
