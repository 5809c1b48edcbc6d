#include "common/base/json.hpp"

template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace mysql_agent {

Json parse_json(std::string_view text) {
  int members = 0;
  const auto within_bounds = [&](int depth, Json::parse_event_t event, const Json&) {
    const bool begins = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (begins && depth >= max_json_depth)  // of what is around it
      throw std::runtime_error("it is nested deeper than " + std::to_string(max_json_depth) + " levels");
    if (event == Json::parse_event_t::key && ++members > max_json_members)
      throw std::runtime_error("it has more than " + std::to_string(max_json_members) + " members");
    return true;
  };
  return Json::parse(text, within_bounds);
}

std::string json_text(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace mysql_agent
