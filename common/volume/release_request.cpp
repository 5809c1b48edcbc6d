#include "common/volume/release_request.hpp"

#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/base/json.hpp"

namespace mysql_agent {
namespace {

constexpr int release_format = 1;
constexpr const char* way_out_of_release = "remove the file, and say mysql-agent release again";

}  // namespace

std::string release_request_text(const ReleaseRequest& request) {
  Json json;
  json["version"] = release_format;
  json["pod"] = request.pod;
  json["asked"] = request.asked;
  json["gtids"] = request.gtids;
  return json.dump(2) + "\n";
}

std::optional<ReleaseRequest> read_release_request(const std::filesystem::path& file, const std::string& pod) {
  const auto text = read_file_if_exists(file, 1 << 20);
  if (!text) return std::nullopt;
  try {
    const Json json = parse_json_of_format(*text, release_format);
    ReleaseRequest request{.pod = json.at("pod").get<std::string>(),
                           .asked = json.at("asked").get<std::string>(),
                           .gtids = json.at("gtids").get<std::string>()};
    if (request.pod != pod) throw std::runtime_error("it belongs to the pod " + request.pod + ", and this is " + pod);
    return request;
  } catch (const std::exception& error) {
    throw refused(file.string() + " is not readable as a release: " + error.what(), way_out_of_release);
  }
}

}  // namespace mysql_agent
