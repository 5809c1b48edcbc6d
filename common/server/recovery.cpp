#include "common/server/recovery.hpp"

#include "common/base/json.hpp"

namespace mysql_agent {

void to_json(Json& json, const Recovery& recovery) {
  json = {{"id", recovery.id}, {"position", recovery.position}};
}

void from_json(const Json& json, Recovery& recovery) {
  recovery = {json.at("id").get<std::string>(), json.at("position").get<std::string>()};
}

}  // namespace mysql_agent
