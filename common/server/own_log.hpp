#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/server/server_facts.hpp"
#include "common/server/server_version.hpp"

namespace mysql_agent {

/// What a transaction did, as far as a binary log tells it.
enum class LoggedAct {
  nothing,  ///< it changed no row and no definition: FLUSH, ANALYZE TABLE, OPTIMIZE TABLE, or an empty transaction
  emptied,  ///< the server emptied a MEMORY table, whose rows were gone with its restart
  changed,  ///< anything else
};

/// One transaction of a binary log.
struct LoggedTransaction {
  std::string gtid;
  LoggedAct act = LoggedAct::changed;
  /// Of `emptied`: the table, as `test.cache`. Of `changed`: the table, or the first two words of the statement, for
  /// the rest may hold a password.
  std::string subject{};
  bool operator==(const LoggedTransaction&) const = default;
};

/// One row of SHOW BINLOG EVENTS.
struct LogEvent {
  std::string type;
  std::string info;
};

/// Judges one statement of a binary log, strictly: what is not known here is `changed`. A statement that empties a
/// table counts as `emptied` only with the mark that the server itself sets (MariaDB 10.11 and 11.8, MySQL 9.7).
LoggedTransaction judge_statement(Flavour flavour, std::string_view info);

/// Picks a server's own transactions out of its binary log.
class OwnLog {
 public:
  /// `own` is what own_transactions gave for these facts and these accepted GTIDs.
  OwnLog(const ServerFacts& server, std::string own, const std::string& accepted = "");

  /// The next event of the log. The events of a transaction that is not wanted are dropped.
  void add(const LogEvent& event);
  /// The log, or what is to be read of it, ends here.
  void end();
  /// Whether all own transactions were found.
  bool complete() const { return found_.size() == wanted_count_; }
  const std::vector<LoggedTransaction>& transactions() const { return transactions_; }
  const std::string& own() const { return own_; }
  /// Whether a log file whose head says that these transactions came before it may have own ones before it.
  bool has_before(const LogEvent& head) const;

 private:
  bool is_wanted(const std::string& gtid) const;
  void close();

  Flavour flavour_;
  std::string own_;
  std::string before_;  ///< MariaDB: what is not wanted, for it came by replication, or is accepted
  std::uint32_t server_id_;
  std::uint64_t wanted_count_;
  std::vector<LogEvent> group_;  ///< of the transaction that is being read; the first is its GTID
  std::set<std::string> found_;
  std::vector<LoggedTransaction> transactions_;
};

}  // namespace mysql_agent
