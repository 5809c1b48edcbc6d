#include "common/volume/pause_request.hpp"

#include <ctime>

#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/base/json.hpp"
#include "common/base/units.hpp"

namespace mysql_agent {
namespace {

constexpr int pause_format = 1;
constexpr const char* way_out_of_pause = "mysql-agent resume removes the file; then say mysql-agent pause again";

}  // namespace

std::string pause_request_text(const PauseRequest& request) {
  Json json;
  json["version"] = pause_format;
  json["pod"] = request.pod;
  json["asked"] = request.asked;
  json["until"] = nullptr;
  if (request.until) json["until"] = *request.until;
  return json.dump(2) + "\n";
}

std::optional<PauseRequest> read_pause_request(const std::filesystem::path& file, const std::string& pod,
                                               std::int64_t now) {
  const auto text = read_file_if_exists(file, 1 << 20);
  if (!text) return std::nullopt;
  try {
    const Json json = parse_json_of_format(*text, pause_format);
    PauseRequest request{
        .pod = json.at("pod").get<std::string>(), .asked = json.at("asked").get<std::string>(), .until = std::nullopt};
    if (!json.at("until").is_null()) request.until = whole_number<std::int64_t>(json["until"]);
    if (request.pod != pod) throw std::runtime_error("it belongs to the pod " + request.pod + ", and this is " + pod);
    if (request.until && *request.until <= now) return std::nullopt;
    return request;
  } catch (const std::exception& error) {
    throw refused(file.string() + " is not readable as a pause: " + error.what(), way_out_of_pause);
  }
}

std::optional<PauseRequest> read_pause_request(const std::filesystem::path& file, const std::string& pod) {
  return read_pause_request(file, pod, std::time(nullptr));
}

std::string pause_text(const PauseRequest& request) {
  return "paused at " + request.asked + " until " +
         (request.until ? utc_text(*request.until, "%Y-%m-%dT%H:%M:%SZ") : "mysql-agent resume");
}

}  // namespace mysql_agent
