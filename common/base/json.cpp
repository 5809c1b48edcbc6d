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

Json parse_json_of_format(std::string_view text, int format) {
  Json json = parse_json(text);
  const int version = whole_number<int>(json.at("version"));
  if (version != format) throw std::runtime_error("it has format " + std::to_string(version));
  return json;
}

std::string json_text(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace mysql_agent
