#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace mysql_agent {

/// A MariaDB position: the last transaction of each replication domain, as `0-100-5,7-100-12`.
/// https://mariadb.com/kb/en/gtid/
class MariadbGtidList {
 public:
  /// One transaction, as `0-100-5`.
  struct Gtid {
    std::uint32_t domain = 0;
    std::uint32_t server = 0;
    std::uint64_t sequence = 0;
    std::string text() const;
    bool operator==(const Gtid&) const = default;
  };

  MariadbGtidList() = default;
  /// Reads the value of `gtid_slave_pos`, `gtid_binlog_pos` and the like. If a domain has several GTIDs, the highest
  /// sequence number counts. Throws failed, with the text.
  static MariadbGtidList parse(std::string_view text);

  bool empty() const { return domains_.empty(); }
  std::string text() const;
  const std::map<std::uint32_t, Gtid>& domains() const& { return domains_; }
  void domains() const&& = delete;  // a loop over the map of a temporary list would read freed memory

  /// Whether a server at this position has every transaction of a server at `other`, judged by sequence numbers.
  bool covers(const MariadbGtidList& other) const;
  /// The domains in which this position is ahead of `other`, each with this position's last transaction.
  MariadbGtidList beyond(const MariadbGtidList& other) const;
  /// The later one of both in each domain.
  MariadbGtidList with(const MariadbGtidList& other) const;
  /// The number of transactions of this position that `other` lacks, by the difference of the sequence numbers.
  std::uint64_t transactions_beyond(const MariadbGtidList& other) const;
  bool operator==(const MariadbGtidList&) const = default;

 private:
  std::map<std::uint32_t, Gtid> domains_;
};

}  // namespace mysql_agent
