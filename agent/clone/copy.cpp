#include "agent/clone/copy.hpp"

#include <algorithm>

#include "agent/clone/agreement.hpp"
#include "agent/clone/initialize.hpp"
#include "agent/clone/plugin.hpp"
#include "agent/clone/prepare.hpp"
#include "agent/clone/progress.hpp"
#include "agent/clone/receive.hpp"
#include "agent/clone/server_directories.hpp"
#include "common/backup/backup_metadata.hpp"
#include "common/backup/clone_protocol.hpp"
#include "common/base/component.hpp"
#include "common/base/crash_point.hpp"
#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/base/log.hpp"
#include "common/base/units.hpp"
#include "common/server/gtid.hpp"
#include "common/volume/publish.hpp"

namespace mysql_agent {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds connect_timeout{3000};
constexpr std::chrono::milliseconds ask_anew_timeout{5000};

// The sidecar warns of the server that runs.
void warn_of_new_server(const ServerVersion& version) {
  if (const auto warning = Dialect(version).warning())
    log_event(LogLevel::warning, component::clone, "found a server that is not known", {{"reason", *warning}});
}

// A file and an offset of the donor's own binary log are no start for a replica of the donor's source.
void check_position(const PeerFact& donor, const Position& position, bool of_source) {
  if (donor.info.role == Role::replica && !of_source && position.gtid.empty() && !position.binlog_file.empty())
    throw failed("the clone of the replica " + donor.info.pod + " holds a position without GTIDs: " + position.text(),
                 "let the donor's sidecar point it to its source by GTID first");
  if (const std::string missing = missing_in_position(donor.info, position); !missing.empty())
    throw failed("the clone of " + donor.info.pod + " is at " + position.text() + ", and " + donor.info.pod + " has " +
                     missing + ": its log was written under another server id, which the backup tool leaves out",
                 "on " + donor.info.pod + " SET GLOBAL gtid_slave_pos = '" + missing +
                     "' with replication stopped; the primary's sidecar does that by itself where no source is set");
}

// A replica that wrote something itself while it was copied gives that away. What it wrote before is known to whoever
// chose it.
void check_own(const PeerFact& donor, const std::string& own) {
  if (own.empty() || !donor.info.own.empty()) return;
  throw failed(
      "the clone of the replica " + donor.info.pod + " holds transactions that the replica wrote itself: " + own,
      clone_protocol::again_hint);
}

}  // namespace

// What a replica wrote itself is judged elsewhere.
std::string missing_in_position(const DonorInfo& donor, const Position& position) {
  if (donor.by_gtid == false) return "";
  const Flavour flavour = donor.server.flavour;
  const bool applied_alone = flavour == Flavour::mariadb && donor.role == Role::replica;
  const auto had = GtidPosition::try_parse(flavour, applied_alone ? donor.applied : donor.position);
  const auto has = GtidPosition::try_parse(flavour, position.gtid);
  return had && has ? had->beyond(*has).text() : "";
}

AgentState CopyMaker::new_state(DataState state, Origin origin) const {
  AgentState out;
  out.state = state;
  out.pod = options_.set.pod.name;
  out.origin = origin;
  return out;
}

void CopyMaker::enter(AgentState& state, DataState next) {
  state.state = next;
  if (beside_data_) write_copy_state(dir_, state);
  else write_state(dir_, state);
  activity_.enter(state);
  crash_point((std::string("state.") + state_name(next)).c_str());
}

void CopyMaker::sync_tree() {
  const Fd fd = open_directory(dir_.staging());
  sync_file_system(fd, dir_.staging());
}

const ServerSettings& CopyMaker::own_settings() {
  if (!own_settings_)
    own_settings_ = server_ ? read_server_settings(*server_, options_.defaults_file, dir_.root) : ServerSettings();
  return *own_settings_;
}

void CopyMaker::check_donor(const PeerFact& donor, std::uint64_t freed) {
  own_settings_.reset();  // a person may have mended the option files since the last try
  auto found = places_elsewhere(own_settings(), dir_.root);
  for (Disagreement& each : disagreements(donor.info, own_settings())) found.push_back(std::move(each));
  refuse_if_any(found);
  check_space(dir_, donor.info.bytes, freed, beside_data_);
}

void CopyMaker::initialize(const std::string& reason) {
  log_event(LogLevel::info, component::clone, "began the first data directory", {{"reason", reason}});
  refuse_if_any(places_elsewhere(own_settings(), dir_.root));
  const bool mysql = server_ && server_->version.flavour == Flavour::mysql;
  if (server_) warn_of_new_server(server_->version);
  const FirstAccounts accounts{options_.root_password,
                               managed_accounts({.replication_user = options_.replication_user,
                                                 .replication_password = options_.replication_password,
                                                 .clone_user = options_.clone_user,
                                                 .clone_password = options_.clone_password,
                                                 .engine = options_.engine},
                                                tool_, mysql ? server_->version : ServerVersion{Flavour::mariadb})};
  AgentState state = new_state(DataState::cloning, Origin::initialize);
  state.set_id = new_set_id();
  activity_.begin("makes the first data directory");
  enter(state, DataState::cloning);
  make_staging(dir_);
  if (mysql) {
    make_run_directory(dir_);
    initialize_mysql(staging_server(), accounts);
  } else {
    initialize_mariadb(dir_.staging(), accounts, own_settings());
  }
  make_server_directories(own_settings(), dir_);
  sync_tree();
  enter(state, DataState::prepared);
}

// A stream is judged by its donor at its beginning. A clone by the plugin begins at the donor's server, which asks
// nobody, and the sidecar's answer may be older than what has been made there since: a table that comes along empty.
void CopyMaker::check_offer(const PeerFact& donor) const {
  if (donor.engine != Engine::clone_plugin) return;
  const PeerFact now = ask_peer_anew(options_.set, donor.ordinal, options_.clone_port, ask_anew_timeout, options_.tls);
  if (now.kind != PeerFact::Kind::answered || offers(now.info, Engine::clone_plugin)) return;
  throw DonorRefusal(donor.info.pod + " cannot be cloned any more: " + now.info.reason,
                     "on the donor `mysql-agent doctor` says what to do; then the clone is tried again");
}

void CopyMaker::receive(const PeerFact& donor, bool recovery) {
  check_offer(donor);
  AgentState state = new_state(DataState::cloning, Origin::clone);
  state.engine = donor.engine;
  state.donor = donor.info.pod;
  state.set_id = donor.info.set_id;
  state.recoveries = donor.info.recoveries;
  state.disabled_events = donor.info.disabled_events;
  state.by_file = donor.info.by_gtid && !*donor.info.by_gtid;
  enter(state, DataState::cloning);
  make_staging(dir_);
  log_event(LogLevel::info, component::clone, "began to clone",
            {{"donor", donor.info.pod},
             {"host", donor.host},
             {"engine", engine_name(donor.engine)},
             {"bytes", donor.info.bytes},
             {"recovery", recovery}});
  const auto begin = Clock::now();
  // What the donor wrote before is known to whoever chose it.
  if (donor.engine == Engine::clone_plugin && donor.info.role == Role::replica && donor.info.own.empty())
    state.donor_uuid = donor.info.server_uuid;
  if (donor.engine == Engine::clone_plugin) receive_by_plugin(donor, state);
  else receive_stream(donor, recovery, state);
  state.duration = since(begin);
  enter(state, DataState::cloned);
  log_event(LogLevel::info, component::clone, "received the clone",
            {{"donor", donor.info.pod},
             {"engine", engine_name(state.engine)},
             {"bytes", state.bytes},
             {"seconds", state.duration.count() / 1000}});
}

void CopyMaker::receive_stream(const PeerFact& donor, bool recovery, AgentState& state) {
  ReceiveProgress& progress = activity_.receive(donor.info.pod, donor.info.bytes);
  ReceiveResult result;
  {
    ProgressReporter reporter(progress, donor.info.bytes);
    result = receive_clone({.host = donor.host,
                            .port = options_.clone_port,
                            .recovery = recovery,
                            .staging = dir_.staging(),
                            .threads = std::min(2U, options_.parallel),
                            .connect_timeout = connect_timeout,
                            .stall_timeout = options_.stall_timeout,
                            .tls = options_.tls,
                            .system_files = system_files_in(own_settings().value("innodb_data_file_path"))},
                           progress);
    reporter.complete();
  }
  log_event(LogLevel::info, component::clone, "verified the stream",
            {{"files", result.files}, {"digest", result.digest}});
  const auto found = read_backup_position(dir_.staging());
  // A position without GTIDs is fine: the source has written nothing yet. No position at all is an error.
  if (!found)
    throw failed("the clone of " + donor.info.pod + " holds no replication position",
                 "the donor's server needs log_bin, which init-mysql's mysql-agent.cnf sets");
  check_position(donor, found->position, found->of_source);
  if (donor.info.server.flavour == Flavour::mariadb && donor.info.role == Role::replica && donor.info.server_id != 0)
    check_own(donor, own_transactions_of_copy(dir_.staging(), donor.info.server_id));
  state.position = found->position;
  state.bytes = result.bytes;
}

// The position becomes known in confirm_by_plugin.
void CopyMaker::receive_by_plugin(const PeerFact& donor, AgentState& state) {
  warn_of_new_server(server_->version);
  ReceiveProgress& progress = activity_.receive(donor.info.pod, donor.info.bytes);
  {
    ProgressReporter reporter(progress, donor.info.bytes);
    make_run_directory(dir_);
    clone_by_plugin({.server = staging_server(),
                     .donor = {.host = donor.host,
                               .port = donor.info.server_port,
                               .user = options_.clone_user,
                               .password = options_.clone_password},
                     .require_tls = options_.tls != nullptr,
                     .stall_timeout = options_.stall_timeout},
                    progress);
    reporter.complete();
  }
  sync_tree();
  crash_point("clone.synced");
  state.bytes = progress.bytes;  // the latest look; confirm_by_plugin gets the true number
}

void CopyMaker::confirm_by_plugin(AgentState& state) {
  if (!server_) throw usage_error("no mysqld in PATH to confirm the clone", "use the image of the donor's server");
  make_run_directory(dir_);
  const PluginCopy copy = confirm_plugin_clone(staging_server());
  const std::string own = own_transactions_of_clone(copy, state.donor_uuid);
  if (!own.empty())
    throw CopyUnusable(
        "the clone of the replica " + state.donor + " holds transactions that the replica wrote itself: " + own,
        "the next start clones again");
  state.donor_uuid.clear();
  state.position = copy.position;
  state.bytes = copy.bytes;
  // File and offset are of the donor's own log. Those of a replica say nothing about the source.
  if (state.donor != options_.set.pod_name(options_.set.first_ordinal)) state.position.binlog_file.clear();
}

void CopyMaker::prepare(AgentState state) {
  activity_.begin(state.engine == Engine::clone_plugin ? "confirms the clone" : "prepares the clone");
  const auto begin = Clock::now();
  try {
    if (state.engine == Engine::clone_plugin) {
      confirm_by_plugin(state);
    } else {
      if (!tool_)
        throw usage_error("no backup tool in PATH to prepare the clone", "use an image with the donor's backup tool");
      prepare_copy(*tool_, dir_.staging(), options_.use_memory != 0 ? options_.use_memory : default_prepare_memory(),
                   own_settings());
    }
  } catch (const CopyUnusable&) {
    enter(state, DataState::cloning);
    throw;
  }
  make_server_directories(own_settings(), dir_);
  sync_tree();
  // A recovery is told by GTIDs: with file and offset alone replicas could not be compared.
  if (options_.set.role() == Role::primary && (!state.position.gtid.empty() || state.position.binlog_file.empty()))
    state.recoveries.push_back({new_set_id(), state.position.gtid});
  enter(state, DataState::prepared);
  log_event(LogLevel::info, component::clone, "prepared the clone",
            {{"ms", since(begin).count()}, {"bytes", state.bytes}, {"position", state.position.text()}});
}

}  // namespace mysql_agent
