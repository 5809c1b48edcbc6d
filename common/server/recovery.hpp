#pragma once

#include <string>

namespace mysql_agent {

/// A primary that lost its data was given a replica's. What that replica had not is lost, and on MariaDB its GTIDs are
/// given anew: whoever has more than `position` has transactions of a history that ended there.
struct Recovery {
  std::string id;        ///< random, as new_set_id gives it
  std::string position;  ///< GTIDs that the new primary began with
  bool operator==(const Recovery&) const = default;
};

// For nlohmann's json and its ordered_json.
template <typename Json>
void to_json(Json& json, const Recovery& recovery) {
  json = {{"id", recovery.id}, {"position", recovery.position}};
}

template <typename Json>
void from_json(const Json& json, Recovery& recovery) {
  recovery = {json.at("id").template get<std::string>(), json.at("position").template get<std::string>()};
}

}  // namespace mysql_agent
