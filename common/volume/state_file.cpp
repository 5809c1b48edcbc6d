#include "common/volume/state_file.hpp"

#include <array>
#include <iomanip>
#include <random>
#include <sstream>
#include <utility>

#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/base/json.hpp"

namespace mysql_agent {
namespace {

constexpr int state_format = 1;

constexpr std::array<std::pair<Origin, const char*>, 3> origins{
    {{Origin::clone, "clone"}, {Origin::initialize, "initialize"}, {Origin::adopt, "adopt"}}};

const std::array<std::pair<Engine, const char*>, 2> engines{
    {{Engine::xtrabackup, engine_name(Engine::xtrabackup)}, {Engine::clone_plugin, engine_name(Engine::clone_plugin)}}};

template <typename T, std::size_t N>
const char* name_of(const std::array<std::pair<T, const char*>, N>& names, T value) {
  for (const auto& [key, name] : names)
    if (key == value) return name;
  throw std::logic_error("an enumerator without a name");
}

template <typename T, std::size_t N>
T value_of(const std::array<std::pair<T, const char*>, N>& names, const std::string& text) {
  for (const auto& [key, name] : names)
    if (text == name) return key;
  throw std::runtime_error("'" + text + "' is not known");
}

DataState state_of(const std::string& text) {
  for (const DataState state : all_states)
    if (text == state_name(state)) return state;
  throw std::runtime_error("'" + text + "' is not known");
}

Json position_json(const Position& position) {
  return {{"gtid", position.gtid}, {"binlog_file", position.binlog_file}, {"binlog_offset", position.binlog_offset}};
}

Position position_of(const Json& json) {
  return {.gtid = json.at("gtid").get<std::string>(),
          .binlog_file = json.at("binlog_file").get<std::string>(),
          .binlog_offset = whole_number<std::uint64_t>(json.at("binlog_offset"))};
}

}  // namespace

// The switch has no default, so that an enumerator which is missing here does not compile.
const char* state_name(DataState state) {
  switch (state) {
    case DataState::cloning: return "cloning";
    case DataState::cloned: return "cloned";
    case DataState::prepared: return "prepared";
    case DataState::setting_aside: return "setting_aside";
    case DataState::discarding: return "discarding";
    case DataState::publishing: return "publishing";
    case DataState::published: return "published";
    case DataState::replicating: return "replicating";
    case DataState::primary: return "primary";
    case DataState::adopted: return "adopted";
  }
  throw std::logic_error("an enumerator without a name");
}

std::string new_set_id() {
  std::random_device random;  // the kernel's random numbers
  std::ostringstream out;
  out << std::hex << std::setfill('0');
  for (int i = 0; i < 4; ++i) out << std::setw(8) << random();
  return out.str();
}

bool is_settled(DataState state) {
  return state == DataState::published || state == DataState::replicating || state == DataState::primary ||
         state == DataState::adopted;
}

std::string state_text(const AgentState& state) {
  Json json;
  json["version"] = state_format;
  json["pod"] = state.pod;
  json["state"] = state_name(state.state);
  json["origin"] = name_of(origins, state.origin);
  json["position"] = position_json(state.position);
  json["engine"] = name_of(engines, state.engine);
  json["donor"] = state.donor;
  if (!state.donor_uuid.empty()) json["donor_uuid"] = state.donor_uuid;
  json["set_id"] = state.set_id;
  if (!state.recoveries.empty()) json["recoveries"] = state.recoveries;
  json["bytes"] = state.bytes;
  json["duration_ms"] = state.duration.count();
  if (state.by_file) json["by_file"] = true;
  if (state.doubtful_relay_log) json["doubtful_relay_log"] = true;
  if (state.opened) json["opened"] = *state.opened;
  if (state.opened_at != 0) json["opened_at"] = state.opened_at;
  if (!state.log_end.empty()) json["log_end"] = position_json(state.log_end);
  if (!state.catching_up_from.empty()) json["catching_up_from"] = state.catching_up_from;
  if (!state.lacked.empty()) json["lacked"] = {{"gtids", state.lacked}, {"from", state.lacked_from}};
  if (state.server_id != 0) json["server_id"] = state.server_id;
  if (state.hold)
    json["hold"] = {{"cause", state.hold->cause},
                    {"gtids", state.hold->gtids},
                    {"beside", state.hold->beside},
                    {"detail", state.hold->detail},
                    {"error_number", state.hold->error_number}};
  if (!state.accepted.empty()) json["accepted"] = state.accepted;
  if (state.disabled_events) json["disabled_events"] = *state.disabled_events;
  if (state.events_wait) json["events_wait"] = true;
  if (state.scheduler_waits) json["scheduler_waits"] = true;
  if (!state.healing.empty()) json["healing"] = state.healing;
  if (!state.filtered.empty()) json["filtered"] = state.filtered;
  if (!state.emptied.empty()) json["emptied"] = state.emptied;
  if (!state.set_aside.empty()) json["set_aside"] = state.set_aside;
  return json.dump(2) + "\n";
}

AgentState parse_state(const std::string& text) {
  try {
    const Json json = parse_json_of_format(text, state_format);
    AgentState state;
    state.pod = json.at("pod").get<std::string>();
    state.state = state_of(json.at("state").get<std::string>());
    state.origin = value_of(origins, json.at("origin").get<std::string>());
    state.position = position_of(json.at("position"));
    // The first version had one engine, and did not name it.
    state.engine = value_of(engines, json.value("engine", std::string(engine_name(Engine::xtrabackup))));
    state.donor = json.at("donor").get<std::string>();
    state.donor_uuid = json.value("donor_uuid", std::string());
    state.set_id = json.value("set_id", std::string());
    state.recoveries = json.value("recoveries", std::vector<Recovery>());
    state.bytes = whole_number<std::uint64_t>(json.at("bytes"));
    state.duration = std::chrono::milliseconds(whole_number<std::int64_t>(json.at("duration_ms")));
    state.by_file = json.value("by_file", false);
    state.doubtful_relay_log = json.value("doubtful_relay_log", false);
    if (json.contains("opened")) state.opened = whole_number<std::int64_t>(json["opened"]);
    if (json.contains("opened_at")) state.opened_at = whole_number<std::int64_t>(json["opened_at"]);
    if (json.contains("log_end")) state.log_end = position_of(json["log_end"]);
    state.catching_up_from = json.value("catching_up_from", std::string());
    if (json.contains("lacked")) {
      state.lacked = json["lacked"].at("gtids").get<std::string>();
      state.lacked_from = json["lacked"].at("from").get<std::string>();
    }
    if (json.contains("server_id")) state.server_id = whole_number<std::uint32_t>(json["server_id"]);
    if (json.contains("hold")) {
      const auto& hold = json["hold"];
      state.hold = RecordedHold{.cause = hold.at("cause").get<std::string>(),
                                .gtids = hold.value("gtids", std::string()),
                                .beside = hold.value("beside", std::string()),
                                .detail = hold.value("detail", std::string()),
                                .error_number = hold.value("error_number", 0)};
    }
    state.accepted = json.value("accepted", std::string());
    if (json.contains("disabled_events"))
      state.disabled_events = json["disabled_events"].get<std::vector<std::string>>();
    state.events_wait = json.value("events_wait", false);
    state.scheduler_waits = json.value("scheduler_waits", false);
    state.healing = json.value("healing", std::string());
    state.filtered = json.value("filtered", std::string());
    state.emptied = json.value("emptied", std::vector<std::string>());
    state.set_aside = json.value("set_aside", std::string());
    if (state.set_aside.starts_with('.') || state.set_aside.find('/') != std::string::npos ||
        (state.state == DataState::setting_aside && state.set_aside.empty()))
      throw std::runtime_error("set_aside '" + state.set_aside + "' is no name of a directory");
    return state;
  } catch (const std::exception& error) {
    throw refused(std::string("the state file is not readable as format 1: ") + error.what(),
                  std::string("if a newer mysql-agent wrote it, use that one; if you have a copy of it, put that back. "
                              "Else look at the data, and only if "
                              "it is complete remove the state file, so that the data is judged anew. ") +
                      lost_identity);
  }
}

std::optional<AgentState> read_state(const std::filesystem::path& file, const std::string& pod) {
  const auto text = read_file_if_exists(file, 1 << 20);
  if (!text) return std::nullopt;
  AgentState state;
  try {
    state = parse_state(*text);
  } catch (const Error& error) {
    throw Error(error.code(), file.string() + ": " + error.what(), error.hint());
  }
  if (state.pod != pod)
    throw refused(
        file.string() + " belongs to the pod " + state.pod + ", and this is " + pod,
        "mount the volume of " + pod +
            "; if this volume was meant, change \"pod\" in that file: without the file the data would have no set_id");
  return state;
}

}  // namespace mysql_agent
