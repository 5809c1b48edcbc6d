#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mysql_agent {

/// A recovery of a primary: it lost its data and was given a replica's data. Transactions that this replica lacked are
/// lost, and on MariaDB new transactions get the GTIDs of the lost ones. A pod that does not know of this recovery and
/// has more than `position` has transactions of a history that ended there.
struct Recovery {
  std::string id;        ///< random, made by new_set_id
  std::string position;  ///< the GTIDs that the recovered primary began with
  bool reset = false;    ///< the primary kept its data, and its binary log was thrown away (was_reset)
  bool operator==(const Recovery&) const = default;
};

// Json as in common/base/json.hpp; nlohmann's library finds them by name.
void to_json(nlohmann::ordered_json& json, const Recovery& recovery);
void from_json(const nlohmann::ordered_json& json, Recovery& recovery);

}  // namespace mysql_agent
