#include "common/volume/reclone_request.hpp"

#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/base/json.hpp"

namespace mysql_agent {
namespace {

constexpr int request_format = 1;
constexpr const char* way_out = "`mysql-agent reclone --cancel` removes the request, and the data stays as it is";

}  // namespace

std::string reclone_request_text(const RecloneRequest& request) {
  Json json;
  json["version"] = request_format;
  json["pod"] = request.pod;
  json["asked"] = request.asked;
  json["discard"] = request.discard;
  return json.dump(2) + "\n";
}

RecloneRequest parse_reclone_request(const std::string& text) {
  try {
    const Json json = parse_json_of_format(text, request_format);
    return {json.at("pod").get<std::string>(), json.at("asked").get<std::string>(), json.at("discard").get<bool>()};
  } catch (const std::exception& error) {
    throw refused(std::string("the request for a new clone is not readable as format 1: ") + error.what(), way_out);
  }
}

std::optional<RecloneRequest> read_reclone_request(const std::filesystem::path& file, const std::string& pod) {
  const auto text = read_file_if_exists(file, 1 << 16);
  if (!text) return std::nullopt;
  try {
    RecloneRequest request = parse_reclone_request(*text);
    if (request.pod != pod) throw refused("it belongs to the pod " + request.pod + ", and this is " + pod, way_out);
    return request;
  } catch (const Error& error) {
    throw Error(error.code(), file.string() + ": " + error.what(), error.hint());
  }
}

}  // namespace mysql_agent
