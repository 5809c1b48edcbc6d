#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "common/server/mariadb_gtid.hpp"
#include "common/server/mysql_gtid.hpp"
#include "common/server/server_version.hpp"

namespace mysql_agent {

/// A position by GTIDs, of either family. Where one says `other`, that must be of the same family: std::logic_error
/// where it is not, for the numbers of one mean nothing to the other.
class GtidPosition {
 public:
  explicit GtidPosition(MariadbGtidList list) : value_(std::move(list)) {}
  explicit GtidPosition(MysqlGtidSet set) : value_(std::move(set)) {}
  /// An empty text is an empty position. Throws failed, quoting the text.
  static GtidPosition parse(Flavour flavour, std::string_view text);

  bool empty() const;
  std::string text() const;  ///< in one line, without white space

  /// Whether a server that stands here has all that one at `other` has.
  bool covers(const GtidPosition& other) const;
  /// What is here and is not at `other`.
  GtidPosition beyond(const GtidPosition& other) const;
  /// How many transactions are here and not at `other`.
  std::uint64_t transactions_beyond(const GtidPosition& other) const;
  bool operator==(const GtidPosition&) const = default;

 private:
  std::variant<MariadbGtidList, MysqlGtidSet> value_;
};

}  // namespace mysql_agent
