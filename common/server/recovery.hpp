#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mysql_agent {

/// A primary that lost its data was given a replica's. What that replica had not is lost, and on MariaDB its GTIDs are
/// given anew: whoever has more than `position` has transactions of a history that ended there.
struct Recovery {
  std::string id;        ///< random, as new_set_id gives it
  std::string position;  ///< GTIDs that the new primary began with
  bool operator==(const Recovery&) const = default;
};

// Json as in common/base/json.hpp; nlohmann's library finds them by name.
void to_json(nlohmann::ordered_json& json, const Recovery& recovery);
void from_json(const nlohmann::ordered_json& json, Recovery& recovery);

}  // namespace mysql_agent
