#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/server/mariadb_gtid.hpp"
#include "common/server/mysql_gtid.hpp"
#include "common/server/server_version.hpp"

namespace mysql_agent {

/// A position by GTIDs, of either family. The numbers of one family mean nothing to the other, so that `other` must be
/// of the same family; else the functions throw std::logic_error.
class GtidPosition {
 public:
  explicit GtidPosition(MariadbGtidList list) : value_(std::move(list)) {}
  explicit GtidPosition(MysqlGtidSet set) : value_(std::move(set)) {}
  /// Reads a position of that family. An empty text is an empty position. Throws failed, with the text.
  static GtidPosition parse(Flavour flavour, std::string_view text);
  /// The same of a text that another process said; nullopt for what `parse` does not take.
  static std::optional<GtidPosition> try_parse(Flavour flavour, std::string_view text);

  bool empty() const;
  std::string text() const;  ///< in one line, without white space

  /// Whether a server at this position has every transaction of a server at `other`.
  bool covers(const GtidPosition& other) const;
  /// The transactions of this position that `other` lacks.
  GtidPosition beyond(const GtidPosition& other) const;
  /// The number of transactions of this position that `other` lacks.
  std::uint64_t transactions_beyond(const GtidPosition& other) const;
  bool operator==(const GtidPosition&) const = default;

 private:
  std::variant<MariadbGtidList, MysqlGtidSet> value_;
};

/// Two texts of GTIDs as one; either may be empty. `parse` takes the later GTID of a MariaDB domain that is in both.
std::string joined_gtids(const std::string& a, const std::string& b);

}  // namespace mysql_agent
