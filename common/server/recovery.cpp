#include "common/server/recovery.hpp"

#include "common/base/json.hpp"

namespace mysql_agent {

void to_json(Json& json, const Recovery& recovery) {
  json = {{"id", recovery.id}, {"position", recovery.position}};
  if (recovery.reset) json["reset"] = true;
}

void from_json(const Json& json, Recovery& recovery) {
  recovery = {.id = json.at("id").get<std::string>(),
              .position = json.at("position").get<std::string>(),
              .reset = json.value("reset", false)};
}

}  // namespace mysql_agent
