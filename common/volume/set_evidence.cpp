#include "common/volume/set_evidence.hpp"

#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/base/json.hpp"

namespace mysql_agent {
namespace {

constexpr int evidence_format = 1;
constexpr const char* way_out_of_evidence =
    "it says which pods had data when this volume was empty. Remove it only if you know that there is no data of this "
    "set anywhere, or when "
    "those pods are up: then the primary asks them again";

}  // namespace

std::string set_evidence_text(const std::string& pod, const std::vector<SetEvidence>& evidence) {
  Json json;
  json["version"] = evidence_format;
  json["pod"] = pod;
  json["evidence"] = Json::array();
  for (const SetEvidence& each : evidence) {
    json["evidence"].push_back({{"pod", each.pod}, {"data", each.data}, {"what", each.what}});
    if (!each.told_by.empty()) json["evidence"].back()["told_by"] = each.told_by;
  }
  // A peer's words are in it: what is no UTF-8 there must not stop us.
  return json_text(json, 2) + "\n";
}

std::vector<SetEvidence> parse_set_evidence(const std::string& text, const std::string& pod) {
  try {
    const Json json = parse_json_of_format(text, evidence_format);
    if (const auto of = json.at("pod").get<std::string>(); of != pod)
      throw std::runtime_error("it belongs to the pod " + of + ", and this is " + pod);
    if (!json.at("evidence").is_array()) throw std::runtime_error("it has no list of evidence");
    std::vector<SetEvidence> evidence;
    for (const Json& each : json.at("evidence"))
      evidence.push_back({.pod = each.at("pod").get<std::string>(),
                          .data = each.at("data").get<bool>(),
                          .what = each.at("what").get<std::string>(),
                          .told_by = each.value("told_by", std::string())});
    return evidence;
  } catch (const std::exception& error) {
    throw refused(std::string("the evidence of the set's data is not readable as format 1: ") + error.what(),
                  way_out_of_evidence);
  }
}

std::vector<SetEvidence> read_set_evidence(const std::filesystem::path& file, const std::string& pod) {
  const auto text = read_file_if_exists(file, 1 << 20);
  if (!text) return {};
  try {
    return parse_set_evidence(*text, pod);
  } catch (const Error& error) {
    throw Error(error.code(), file.string() + ": " + error.what(), error.hint());
  }
}

}  // namespace mysql_agent
