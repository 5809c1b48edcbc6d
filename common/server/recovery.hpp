#pragma once

#include <string>

namespace mysql_agent {

/// A recovery of a primary: it lost its data and was given a replica's data. Transactions that this replica lacked are
/// lost, and on MariaDB new transactions get the GTIDs of the lost ones. A pod that does not know of this recovery and
/// has more than `position` has transactions of a history that ended there.
struct Recovery {
  std::string id;        ///< random, made by new_set_id
  std::string position;  ///< the GTIDs that the recovered primary began with
  bool operator==(const Recovery&) const = default;
};

// Json is nlohmann::json or nlohmann::ordered_json.
template <typename Json>
void to_json(Json& json, const Recovery& recovery) {
  json = {{"id", recovery.id}, {"position", recovery.position}};
}

template <typename Json>
void from_json(const Json& json, Recovery& recovery) {
  recovery = {json.at("id").template get<std::string>(), json.at("position").template get<std::string>()};
}

}  // namespace mysql_agent
