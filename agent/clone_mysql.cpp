#include "agent/clone_mysql.hpp"

#include <algorithm>
#include <map>
#include <thread>

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
#include "common/process.hpp"
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
      : options_(options), dir_{options.data_dir}, tool_(find_backup_tool()), deadline_(Clock::now() + options.donor_wait) {
    policy_.role = options.set.role();
    policy_.ordinal = options.set.pod.ordinal;
    policy_.on_lost_primary = options.on_lost_primary;
    policy_.initialize = options.initialize;
    if (tool_) policy_.tool = tool_->version;
  }

  void run() {
    std::optional<PeerSurvey> survey;
    while (true) {
      const DataDirFacts facts = inspect_data_dir(dir_, options_.set.pod.name);
      const ClonePlan plan = plan_clone(facts, survey, policy_);
      survey.reset();
      switch (plan.action) {
        case CloneAction::keep:
        case CloneAction::leave_to_entrypoint: say(plan); return;
        case CloneAction::adopt: adopt(facts); return;
        case CloneAction::refuse: throw refused(plan.reason, plan.hint);
        case CloneAction::restart: restart(plan); break;
        case CloneAction::prepare: prepare(*facts.state); break;
        case CloneAction::publish: publish(*facts.state); return;
        case CloneAction::initialize: initialize(plan); break;
        case CloneAction::clone: try_clone(plan); break;
        case CloneAction::wait: wait_for_peers(plan); [[fallthrough]];
        case CloneAction::ask_peers:
          survey = survey_peers(options_.set, options_.clone_port, options_.peers_above, ask_timeout);
          break;
      }
    }
  }

 private:
  AgentState new_state(DataState state, Origin origin) const {
    AgentState out;
    out.state = state;
    out.pod = options_.set.pod.name;
    out.origin = origin;
    return out;
  }

  void enter(AgentState& state, DataState next) {
    state.state = next;
    write_state(dir_, state);
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
    crash_point("restart.removed");
    remove_tree(dir_.state_file());
    sync_directory(dir_.agent());
  }

  void wait_for_peers(const ClonePlan& plan) {
    // What broke last says more than "no fit donor" does.
    if (Clock::now() >= deadline_) throw last_failure_ ? *last_failure_ : failed(plan.reason, plan.hint);
    if (plan.reason != last_wait_)
      log_event(LogLevel::info, component, "waited: " + plan.reason, {{"up_to", duration_text(options_.donor_wait)}});
    last_wait_ = plan.reason;
    std::this_thread::sleep_until(std::min(Clock::now() + pause_, deadline_));
    pause_ = std::min(pause_ * 2, longest_pause);
  }

  void initialize(const ClonePlan& plan) {
    log_event(LogLevel::info, component, "began the first data directory", {{"reason", plan.reason}});
    AgentState state = new_state(DataState::cloning, Origin::initialize);
    enter(state, DataState::cloning);
    make_staging(dir_);
    initialize_data_dir(dir_.staging(), options_.root_password);
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
      if (Clock::now() + pause >= deadline_) throw;
      if (std::all_of(plan.donors.begin(), plan.donors.end(), [&](const PeerFact& peer) { return failures_[peer.ordinal] > 0; }))
        std::this_thread::sleep_for(pause);
    }
  }

  void receive(const PeerFact& donor, bool recovery) {
    check_space(donor);
    AgentState state = new_state(DataState::cloning, Origin::clone);
    state.donor = donor.info.pod;
    enter(state, DataState::cloning);
    make_staging(dir_);
    log_event(LogLevel::info, component, "began to clone",
              {{"donor", donor.info.pod}, {"host", donor.host}, {"bytes", donor.info.bytes}, {"recovery", recovery}});
    const auto begin = Clock::now();
    ReceiveProgress progress;
    ReceiveResult result;
    {
      const ProgressReporter reporter(progress, donor.info.bytes);
      result = receive_clone({donor.host, options_.clone_port, recovery, dir_.staging(), std::min(2U, options_.parallel),
                              ask_timeout, options_.stall_timeout},
                             progress);
    }
    const auto position = read_backup_position(dir_.staging());
    // No GTID is fine (a source that has written nothing yet); no position at all is not.
    if (!position)
      throw failed("the clone of " + donor.info.pod + " holds no replication position",
                   "the donor's server needs log_bin, which init-mysql's mysql-agent.cnf sets");
    // A file and an offset in it are of the donor's source then, and no start for a replica by GTID.
    if (donor.info.role == Role::replica && position->gtid.empty() && !position->binlog_file.empty())
      throw failed("the clone of the replica " + donor.info.pod + " holds a position without GTIDs: " + position->text(),
                   "let the donor's sidecar point it to its source by GTID first");
    state.position = *position;
    state.bytes = result.bytes;
    state.duration = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
    enter(state, DataState::cloned);
    log_event(LogLevel::info, component, "received the clone",
              {{"donor", donor.info.pod}, {"bytes", result.bytes}, {"files", result.files}, {"digest", result.digest},
               {"seconds", state.duration.count() / 1000}, {"position", state.position.text()}});
  }

  // With a tenth to spare: prepare applies the log, and undo and temporary space grow.
  void check_space(const PeerFact& donor) {
    const std::uint64_t need = donor.info.bytes + donor.info.bytes / 10;
    const std::uint64_t have = free_bytes(dir_.root);
    if (have < need)
      throw failed("the volume at " + dir_.root.string() + " has " + size_text(have) + " free, and the clone needs about " + size_text(need),
                   "give this pod a larger volume");
  }

  void prepare(AgentState state) {
    if (!tool_) throw usage_error("no backup tool in PATH to prepare the clone", "use an image with mariadb-backup");
    const std::uint64_t memory = options_.use_memory != 0 ? options_.use_memory : default_prepare_memory();
    log_event(LogLevel::info, component, "began to prepare", {{"tool", tool_->path.string()}, {"memory", size_text(memory)}});
    const auto begin = Clock::now();
    const Finished finished = run_command({prepare_arguments(*tool_, dir_.staging(), memory), dir_.staging(), {}}, [](std::string_view line) {
      log_event(LogLevel::debug, component, "prepare said", {{"line", line}});
    });
    crash_point("prepare.done");
    const auto checkpoints = read_backup_checkpoints(dir_.staging());
    if (finished.exit_code != 0 || !checkpoints || !checkpoints->prepared()) {
      // Killed (memory, node): the copy is as good as before. Refused: the copy is not good, so clone again.
      if (finished.exit_code < 128) enter(state, DataState::cloning);
      throw failed("the prepare of the clone ended with exit code " + std::to_string(finished.exit_code) + " and backup_type = " +
                       (checkpoints ? checkpoints->backup_type : "none") + ": " + finished.error_tail,
                   finished.exit_code == 128 + 9 ? "it was killed, perhaps for memory: lower --use-memory or raise the limit"
                                                 : "the next start clones again; if it goes on, look at the donor's data");
    }
    sync_tree();
    enter(state, DataState::prepared);
    log_event(LogLevel::info, component, "prepared the clone",
              {{"ms", std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count()}});
  }

  void sync_tree() {
    const Fd fd = open_directory(dir_.staging());
    sync_file_system(fd, dir_.staging());
  }

  void publish(AgentState state) {
    enter(state, DataState::publishing);
    publish_staging(dir_);
    enter(state, DataState::published);
    log_event(LogLevel::info, component, "published the data",
              {{"data_dir", dir_.root.string()}, {"donor", state.donor}, {"position", state.position.text()}});
  }

  const CloneOptions& options_;
  const DataDir dir_;
  const std::optional<BackupTool> tool_;
  ClonePolicy policy_;
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
