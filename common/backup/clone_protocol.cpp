#include "common/backup/clone_protocol.hpp"

#include <xxhash.h>

#include <algorithm>
#include <boost/algorithm/hex.hpp>
#include <iterator>
#include <new>

#include "common/base/error.hpp"
#include "common/base/json.hpp"

namespace mysql_agent {

namespace {

template <typename T>
T one_of(const std::string& text, std::initializer_list<T> values, const char* (*name)(T)) {
  for (const T value : values)
    if (text == name(value)) return value;
  throw std::runtime_error("'" + text + "' is not known");
}

}  // namespace

bool offers(const DonorInfo& info, Engine engine) {
  return std::find(info.engines.begin(), info.engines.end(), engine_name(engine)) != info.engines.end();
}

std::string donor_info_text(const DonorInfo& info) {
  Json json;
  json["protocol"] = clone_protocol::version;
  json["pod"] = info.pod;
  json["role"] = role_name(info.role);
  json["server"] = {{"flavour", flavour_name(info.server.flavour)},
                    {"version", info.server.number()},
                    {"uuid", info.server_uuid},
                    {"id", info.server_id},
                    {"port", info.server_port}};
  if (info.lower_case_table_names) json["server"]["lower_case_table_names"] = *info.lower_case_table_names;
  if (info.page_size) json["server"]["page_size"] = *info.page_size;
  if (info.by_gtid) json["server"]["by_gtid"] = *info.by_gtid;
  if (!info.page_plugins.empty()) json["server"]["page_plugins"] = info.page_plugins;
  json["set_id"] = info.set_id;
  json["recoveries"] = info.recoveries;
  json["tool"] = {{"name", info.tool_name}, {"version", info.tool_version}};
  json["engines"] = info.engines;
  json["position"] = info.position;
  json["unapplied"] = info.unapplied;
  json["log_start"] = info.log_start;
  json["age_ms"] = info.age.count();
  json["replication"] = {{"state", info.replication_state},
                         {"lag_seconds", nullptr},
                         {"error", info.replication_error},
                         {"held", info.held}};
  if (info.lag_seconds) json["replication"]["lag_seconds"] = *info.lag_seconds;
  if (info.open) json["open"] = *info.open;
  json["applied"] = info.applied;
  json["own"] = info.own;
  json["filters"] = info.filters;
  if (info.disabled_events) json["disabled_events"] = *info.disabled_events;
  json["bytes"] = info.bytes;
  json["slots"] = {{"total", info.slots_total}, {"free", info.slots_free}};
  json["paused"] = info.paused;
  json["has_data"] = info.has_data;
  json["empty"] = info.empty;
  json["knows_of_data"] = info.knows_of_data;
  json["known_data"] = Json::array();
  for (const KnownData& each : info.known_data) json["known_data"].push_back({{"pod", each.pod}, {"what", each.what}});
  json["fit"] = info.fit;
  json["reason"] = info.reason;
  // Errors and names come from the server: what is not UTF-8 in them must not fail the answer.
  return json_text(json, 2) + "\n";
}

DonorInfo parse_donor_info(const std::string& text) {
  try {
    const Json json = parse_json(text);
    const int version = whole_number<int>(json.at("protocol"));
    if (version != clone_protocol::version) throw std::runtime_error("protocol " + std::to_string(version));
    DonorInfo info;
    info.pod = json.at("pod").get<std::string>();
    info.role = one_of(json.at("role").get<std::string>(), {Role::primary, Role::replica}, role_name);
    const Json& server = json.at("server");
    info.server = parse_server_version(server.at("version").get<std::string>());
    info.server.flavour =
        one_of(server.at("flavour").get<std::string>(), {Flavour::mysql, Flavour::mariadb}, flavour_name);
    info.server_uuid = server.at("uuid").get<std::string>();
    info.set_id = json.value("set_id", std::string());
    if (server.contains("id")) info.server_id = whole_number<std::uint32_t>(server["id"]);
    if (server.contains("port")) info.server_port = whole_number<std::uint16_t>(server["port"]);
    if (server.contains("lower_case_table_names"))
      info.lower_case_table_names = whole_number<std::uint32_t>(server["lower_case_table_names"]);
    if (server.contains("page_size")) info.page_size = whole_number<std::uint32_t>(server["page_size"]);
    if (server.contains("by_gtid")) info.by_gtid = server["by_gtid"].get<bool>();
    info.page_plugins = server.value("page_plugins", std::vector<std::string>());
    info.tool_name = json.at("tool").at("name").get<std::string>();
    info.tool_version = json.at("tool").at("version").get<std::string>();
    info.engines = json.at("engines").get<std::vector<std::string>>();
    info.position = json.at("position").get<std::string>();
    info.log_start = json.value("log_start", std::string());
    info.recoveries = json.value("recoveries", std::vector<Recovery>());
    info.unapplied = json.value("unapplied", std::string());
    info.age = json.contains("age_ms")
                   ? std::chrono::milliseconds(std::max<std::int64_t>(0, whole_number<std::int64_t>(json["age_ms"])))
                   : clone_protocol::unknown_age;
    const Json& replication = json.at("replication");
    info.replication_state = replication.at("state").get<std::string>();
    info.replication_error = replication.at("error").get<std::string>();
    info.held = replication.value("held", std::string());
    if (!replication.at("lag_seconds").is_null())
      info.lag_seconds = whole_number<std::uint64_t>(replication.at("lag_seconds"));
    if (json.contains("open")) info.open = json["open"].get<bool>();
    info.applied = json.value("applied", std::string());
    info.own = json.value("own", std::string());
    info.filters = json.value("filters", std::string());
    if (json.contains("disabled_events"))
      info.disabled_events = json["disabled_events"].get<std::vector<std::string>>();
    info.bytes = whole_number<std::uint64_t>(json.at("bytes"));
    info.slots_total = whole_number<unsigned>(json.at("slots").at("total"));
    info.slots_free = whole_number<unsigned>(json.at("slots").at("free"));
    info.paused = json.value("paused", false);
    info.has_data = json.at("has_data").get<bool>();
    info.empty = json.value("empty", false);
    info.knows_of_data = json.value("knows_of_data", false);
    for (const Json& each : json.value("known_data", Json::array()))
      info.known_data.push_back({.pod = each.at("pod").get<std::string>(), .what = each.at("what").get<std::string>()});
    info.fit = json.at("fit").get<bool>();
    info.reason = json.at("reason").get<std::string>();
    return info;
  } catch (const std::exception& error) {
    throw failed(std::string("the answer is not a donor's: ") + error.what(),
                 "check that mysql-agent's sidecar serves that port, in a version that speaks protocol 1");
  }
}

void StreamDigest::Free::operator()(XXH3_state_s* state) const {
  XXH3_freeState(state);
}

StreamDigest::StreamDigest() : state_(XXH3_createState()) {
  if (!state_) throw std::bad_alloc();
  XXH3_128bits_reset(state_.get());
}

void StreamDigest::update(std::string_view data) {
  XXH3_128bits_update(state_.get(), data.data(), data.size());
  bytes_ += data.size();
}

std::string StreamDigest::text() const {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_.get()));
  std::string out = "xxh3-128=";
  boost::algorithm::hex_lower(std::begin(canonical.digest), std::end(canonical.digest), std::back_inserter(out));
  return out;
}

}  // namespace mysql_agent
