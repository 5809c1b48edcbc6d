#include "agent/clone_mysql.hpp"

#include <algorithm>
#include <map>
#include <thread>

#include "agent/clone_plugin.hpp"
#include "agent/clone_preflight.hpp"
#include "agent/clone_prepare.hpp"
#include "agent/clone_progress.hpp"
#include "agent/clone_receive.hpp"
#include "agent/initialize.hpp"
#include "agent/peer_survey.hpp"
#include "common/backup_metadata.hpp"
#include "common/backup_tool.hpp"
#include "common/crash_point.hpp"
#include "common/error.hpp"
#include "common/file.hpp"
#include "common/log.hpp"
#include "common/position.hpp"
#include "common/server_program.hpp"
#include "common/units.hpp"

namespace mysql_agent {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* component = "clone-mysql";
constexpr std::chrono::milliseconds ask_timeout{3000};
constexpr std::chrono::milliseconds first_pause{1000};
constexpr std::chrono::milliseconds longest_pause{30'000};

// One run of clone-mysql: what it was told, and what it learned on the way.
class CloneRun {
 public:
  explicit CloneRun(const CloneOptions& options)
      : options_(options), dir_{options.data_dir}, tool_(find_backup_tool()), server_(find_server_program()), deadline_(Clock::now() + options.donor_wait) {
    policy_.role = options.set.role();
    policy_.ordinal = options.set.pod.ordinal;
    policy_.on_lost_primary = options.on_lost_primary;
    policy_.initialize = options.initialize;
    policy_.engine = options.engine;
    policy_.tool = tool_;
    if (server_) policy_.server = server_->version;
    policy_.clone_password = !options.clone_password.empty();
  }

  void run() {
    std::optional<PeerSurvey> survey;
    while (true) {
      const DataDirFacts facts = inspect_data_dir(dir_, options_.set.pod.name);
      const ClonePlan plan = plan_clone(facts, survey, policy_);
      survey.reset();
      beside_ = plan.beside;
      if (changes_data_dir(plan.action)) {
        check_writable(dir_);
        check_no_server(dir_);
      }
      switch (plan.action) {
        case CloneAction::keep:
        case CloneAction::leave_to_entrypoint: say(plan); return;
        case CloneAction::adopt: adopt(facts); return;
        case CloneAction::refuse: throw refused(plan.reason, plan.hint);
        case CloneAction::restart: restart(plan); break;
        case CloneAction::prepare: prepare(beside_ ? *facts.copy : *facts.state); break;
        case CloneAction::publish: publish(*facts.state); return;
        case CloneAction::discard: discard(plan, *facts.state); break;
        case CloneAction::set_aside:
          if (set_aside(facts)) return;
          break;
        case CloneAction::initialize: initialize(plan); break;
        case CloneAction::clone: try_clone(plan); break;
        case CloneAction::wait: wait_for_peers(plan); [[fallthrough]];
        case CloneAction::ask_peers:
          survey = survey_peers(options_.set, options_.clone_port, options_.peers_above, ask_timeout, options_.tls);
          break;
      }
    }
  }

 private:
  static bool changes_data_dir(CloneAction action) {
    switch (action) {
      case CloneAction::keep:
      case CloneAction::leave_to_entrypoint:
      case CloneAction::refuse:
      case CloneAction::ask_peers:
      case CloneAction::wait: return false;
      default: return true;
    }
  }

  AgentState new_state(DataState state, Origin origin) const {
    AgentState out;
    out.state = state;
    out.pod = options_.set.pod.name;
    out.origin = origin;
    return out;
  }

  void enter(AgentState& state, DataState next) {
    state.state = next;
    if (beside_) write_copy_state(dir_, state);
    else write_state(dir_, state);
    crash_point((std::string("state.") + state_name(next)).c_str());
  }

  void say(const ClonePlan& plan) {
    const bool keep = plan.action == CloneAction::keep;
    log_event(LogLevel::info, component, keep ? "kept the data" : "left the empty directory to the image's entrypoint",
              {{"data_dir", dir_.root.string()}, {"reason", plan.reason}});
  }

  void adopt(const DataDirFacts& facts) {
    AgentState state = new_state(DataState::adopted, Origin::adopt);
    if (facts.position) state.position = *facts.position;
    enter(state, DataState::adopted);
    log_event(LogLevel::info, component, "adopted the data that was there",
              {{"data_dir", dir_.root.string()}, {"evidence", facts.evidence}, {"position", state.position.text()}});
  }

  // Fresh again: an empty staging and no state file would be the same, but not in one durable step.
  void restart(const ClonePlan& plan) {
    log_event(LogLevel::info, component, "threw the unfinished staging away", {{"reason", plan.reason}});
    remove_tree(dir_.staging());
    remove_tree(dir_.run());
    crash_point("restart.removed");
    remove_tree(beside_ ? dir_.copy_state_file() : dir_.state_file());
    sync_directory(dir_.agent());
  }

  void wait_for_peers(const ClonePlan& plan) {
    // What broke last says more than "no fit donor" does.
    if (Clock::now() >= deadline_) throw last_failure_ ? still_there(*last_failure_) : failed(plan.reason, plan.hint);
    if (plan.reason != last_wait_)
      log_event(LogLevel::info, component, "waited: " + plan.reason, {{"up_to", duration_text(options_.donor_wait)}});
    last_wait_ = plan.reason;
    std::this_thread::sleep_until(std::min(Clock::now() + pause_, deadline_));
    pause_ = std::min(pause_ * 2, longest_pause);
  }

  void initialize(const ClonePlan& plan) {
    log_event(LogLevel::info, component, "began the first data directory", {{"reason", plan.reason}});
    AgentState state = new_state(DataState::cloning, Origin::initialize);
    state.set_id = new_set_id();
    enter(state, DataState::cloning);
    make_staging(dir_);
    if (server_ && server_->version.flavour == Flavour::mysql) {
      make_run_directory(dir_);
      initialize_mysql(staging_server(), options_.root_password);
    } else {
      initialize_mariadb(dir_.staging(), options_.root_password);
    }
    sync_tree();
    enter(state, DataState::prepared);
  }

  // A donor that failed comes after those that did not, however near it is.
  PeerFact next_donor(const ClonePlan& plan) {
    return *std::min_element(plan.donors.begin(), plan.donors.end(), [&](const PeerFact& a, const PeerFact& b) {
      return failures_[a.ordinal] < failures_[b.ordinal];
    });
  }

  void try_clone(const ClonePlan& plan) {
    const PeerFact donor = next_donor(plan);
    check_donor(donor, 0);
    const auto begin = Clock::now();
    try {
      receive(donor, plan.recovery);
    } catch (const Error& error) {
      // The time of a transfer does not count: a large clone that broke late deserves another donor.
      deadline_ += Clock::now() - begin;
      const int failures = ++failures_[donor.ordinal];
      last_failure_ = error;
      log_event(LogLevel::warning, component, "failed to clone",
                {{"donor", donor.info.pod}, {"failures", failures}, {"error", error.what()}});
      const auto pause = std::min(first_pause * (1 << std::min(failures - 1, 5)), longest_pause);
      if (Clock::now() + pause >= deadline_) throw plan.beside ? still_there(error) : error;
      if (std::all_of(plan.donors.begin(), plan.donors.end(), [&](const PeerFact& peer) { return failures_[peer.ordinal] > 0; }))
        std::this_thread::sleep_for(pause);
    }
  }

  void receive(const PeerFact& donor, bool recovery) {
    AgentState state = new_state(DataState::cloning, Origin::clone);
    state.engine = donor.engine;
    state.donor = donor.info.pod;
    state.set_id = donor.info.set_id;
    enter(state, DataState::cloning);
    make_staging(dir_);
    log_event(LogLevel::info, component, "began to clone",
              {{"donor", donor.info.pod}, {"host", donor.host}, {"engine", engine_name(donor.engine)}, {"bytes", donor.info.bytes},
               {"recovery", recovery}});
    const auto begin = Clock::now();
    if (donor.engine == Engine::clone_plugin) receive_by_plugin(donor, state);
    else receive_stream(donor, recovery, state);
    state.duration = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
    enter(state, DataState::cloned);
    log_event(LogLevel::info, component, "received the clone",
              {{"donor", donor.info.pod}, {"engine", engine_name(state.engine)}, {"bytes", state.bytes}, {"seconds", state.duration.count() / 1000}});
  }

  void receive_stream(const PeerFact& donor, bool recovery, AgentState& state) {
    ReceiveProgress progress;
    const ProgressReporter reporter(progress, donor.info.bytes);
    const ReceiveResult result = receive_clone({donor.host, options_.clone_port, recovery, dir_.staging(), std::min(2U, options_.parallel),
                                                ask_timeout, options_.stall_timeout, options_.tls},
                                               progress);
    log_event(LogLevel::info, component, "verified the stream", {{"files", result.files}, {"digest", result.digest}});
    const auto found = read_backup_position(dir_.staging());
    // No GTID is fine (a source that has written nothing yet); no position at all is not.
    if (!found)
      throw failed("the clone of " + donor.info.pod + " holds no replication position",
                   "the donor's server needs log_bin, which init-mysql's mysql-agent.cnf sets");
    check_position(donor, found->position, found->of_source);
    state.position = found->position;
    state.bytes = result.bytes;
  }

  // The position is known only when a server has confirmed the copy.
  void receive_by_plugin(const PeerFact& donor, AgentState& state) {
    ReceiveProgress progress;
    {
      const ProgressReporter reporter(progress, donor.info.bytes);
      make_run_directory(dir_);
      clone_by_plugin({staging_server(), {donor.host, donor.info.server_port, options_.clone_user, options_.clone_password}, options_.tls != nullptr,
                       options_.stall_timeout},
                      progress);
    }
    sync_tree();
    crash_point("clone.synced");
    state.bytes = progress.bytes;  // as far as it was looked at; the server knows better when it has confirmed the copy
  }

  StagingServerOptions staging_server() const { return {dir_, *server_, options_.defaults_file}; }

  // A file and an offset in it that are the donor's own are no start for a replica of the donor's source.
  void check_position(const PeerFact& donor, const Position& position, bool of_source) {
    if (donor.info.role == Role::replica && !of_source && position.gtid.empty() && !position.binlog_file.empty())
      throw failed("the clone of the replica " + donor.info.pod + " holds a position without GTIDs: " + position.text(),
                   "let the donor's sidecar point it to its source by GTID first");
  }

  // Before a byte is moved. `freed` is what is removed before.
  void check_donor(const PeerFact& donor, std::uint64_t freed) {
    if (!own_settings_)
      own_settings_ = server_ ? read_server_settings(*server_, options_.defaults_file, dir_.root) : ServerSettings();
    check_settings(donor.info, *own_settings_);
    check_space(dir_, donor.info.bytes, freed, beside_);
  }

  // The old data is there as long as nothing replaced it.
  Error still_there(const Error& error) const {
    std::error_code none;
    if (!std::filesystem::exists(dir_.reclone_request(), none)) return error;
    return Error(error.code(), error.what(), error.hint() + "; the data is as it was: `mysql-agent reclone --cancel` withdraws the request");
  }

  // plan_clone has the order. False where the request was withdrawn in this moment.
  bool set_aside(const DataDirFacts& facts) {
    AgentState state = *facts.state;
    if (state.state != DataState::setting_aside) {
      if (!take_reclone_request(dir_)) return false;
      crash_point("reclone.taken");
      state = *facts.copy;
      state.set_aside = new_set_aside_name(dir_);
      enter(state, DataState::setting_aside);
    }
    const std::filesystem::path target = dir_.set_aside() / state.set_aside;
    move_data_to(dir_, target);
    log_event(LogLevel::info, component, "set the old data aside", {{"directory", target.string()}});
    publish(state);
    return true;
  }

  void discard(const ClonePlan& plan, AgentState state) {
    if (state.state != DataState::discarding) {
      check_donor(plan.donors.front(), data_size(dir_));
      if (!take_reclone_request(dir_)) return;
      crash_point("reclone.taken");
      enter(state, DataState::discarding);
    }
    // Away from its names first: while it is removed it is no data.
    move_data_to(dir_, dir_.discarded());
    remove_tree(dir_.discarded());
    crash_point("discard.removed");
    finish_reclone(dir_);
    crash_point("reclone.removed");
    remove_tree(dir_.state_file());
    sync_directory(dir_.agent());
    log_event(LogLevel::info, component, "removed the old data, as it was asked for", {{"data_dir", dir_.root.string()}});
  }

  void prepare(AgentState state) {
    const auto begin = Clock::now();
    try {
      if (state.engine == Engine::clone_plugin) {
        if (!server_) throw usage_error("no mysqld in PATH to confirm the clone", "use the image of the donor's server");
        make_run_directory(dir_);
        const PluginCopy copy = confirm_plugin_clone(staging_server());
        state.position = copy.position;
        state.bytes = copy.bytes;
        // File and offset are the donor's own: a replica's say nothing of the source.
        if (state.donor != options_.set.pod_name(options_.set.first_ordinal)) state.position.binlog_file.clear();
      } else {
        if (!tool_) throw usage_error("no backup tool in PATH to prepare the clone", "use an image with the donor's backup tool");
        prepare_copy(*tool_, dir_.staging(), options_.use_memory != 0 ? options_.use_memory : default_prepare_memory());
      }
    } catch (const CopyUnusable&) {
      enter(state, DataState::cloning);
      throw;
    }
    sync_tree();
    enter(state, DataState::prepared);
    log_event(LogLevel::info, component, "prepared the clone",
              {{"ms", std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count()}, {"bytes", state.bytes},
               {"position", state.position.text()}});
  }

  void sync_tree() {
    const Fd fd = open_directory(dir_.staging());
    sync_file_system(fd, dir_.staging());
  }

  void publish(AgentState state) {
    enter(state, DataState::publishing);
    publish_staging(dir_);
    remove_tree(dir_.run());
    finish_reclone(dir_);
    crash_point("reclone.removed");
    enter(state, DataState::published);
    log_event(LogLevel::info, component, "published the data",
              {{"data_dir", dir_.root.string()}, {"donor", state.donor}, {"position", state.position.text()}});
  }

  const CloneOptions& options_;
  const DataDir dir_;
  const std::optional<BackupTool> tool_;
  const std::optional<ServerProgram> server_;
  ClonePolicy policy_;
  bool beside_ = false;  ///< the copy's state is its own, and not the data's
  std::optional<ServerSettings> own_settings_;
  Clock::time_point deadline_;
  std::chrono::milliseconds pause_ = first_pause;
  std::string last_wait_;
  std::optional<Error> last_failure_;
  std::map<std::uint32_t, int> failures_;
};

}  // namespace

void clone_mysql(const CloneOptions& options) {
  CloneRun(options).run();
}

}  // namespace mysql_agent
