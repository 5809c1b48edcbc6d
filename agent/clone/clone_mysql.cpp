#include "agent/clone/clone_mysql.hpp"

#include <algorithm>
#include <map>
#include <thread>

#include "agent/clone/copy.hpp"
#include "agent/clone/endpoints.hpp"
#include "agent/clone/known_data.hpp"
#include "agent/clone/preflight.hpp"
#include "agent/clone/reason_text.hpp"
#include "agent/pod/peer_survey.hpp"
#include "common/base/component.hpp"
#include "common/base/crash_point.hpp"
#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/base/log.hpp"
#include "common/base/units.hpp"
#include "common/server/option_file.hpp"
#include "common/volume/publish.hpp"

namespace mysql_agent {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds peers_timeout{3000};
constexpr std::chrono::milliseconds first_pause{1000};
constexpr std::chrono::milliseconds longest_pause{30'000};

// What a server reads from there, in its order, but for the last file, which is the agent's.
std::string options_of(const std::filesystem::path& conf_dir) {
  std::string all;
  for (const std::string& name : list_directory(conf_dir))
    if (name.ends_with(".cnf") && name != option_files::server_id)
      all += read_file_if_exists(conf_dir / name, 1 << 20).value_or("") + "\n";
  return all;
}

// One run of clone-mysql: its options, and what it learns on the way.
class CloneRun {
 public:
  CloneRun(const CloneOptions& options, CloneActivity& activity)
      : options_(options),
        dir_{options.data_dir},
        activity_(activity),
        copy_(options, dir_, activity),
        deadline_(Clock::now() + options.donor_wait) {
    policy_.role = options.set.role();
    policy_.ordinal = options.set.pod.ordinal;
    policy_.on_lost_primary = options.on_lost_primary;
    policy_.initialize = options.initialize;
    policy_.engine = options.engine;
    policy_.tool = copy_.tool();
    if (copy_.server()) policy_.server = copy_.server()->version;
    policy_.clone_password = !options.clone_password.empty();
  }

  void run() {
    std::optional<PeerSurvey> survey;
    while (true) {
      const DataDirFacts facts = inspect_data_dir(dir_, options_.set.pod.name);
      const ClonePlan plan = plan_clone(facts, survey, policy_);
      survey.reset();
      copy_.set_beside_data(plan.beside_data);
      const bool empty = facts.content == Content::empty && (!facts.state || is_settled(facts.state->state));
      if (empty) activity_.enter_empty(facts.state, told_evidence(known_evidence(facts)));
      else activity_.enter(plan.beside_data ? facts.copy : facts.state);
      if (changes_data_dir(plan.action)) {
        check_writable(dir_);
        check_no_server(dir_);
      }
      switch (plan.action) {
        case CloneAction::keep:
          forget(facts);
          if (facts.state)
            if (AgentState state = *facts.state; keep_events_off(state)) write_state(dir_, state);
          log_end(plan);
          return;
        case CloneAction::leave_to_entrypoint:
          leave(facts);
          log_end(plan);
          return;
        case CloneAction::adopt: adopt(facts); return;
        case CloneAction::refuse: throw refused(text(plan.reason), hint(plan.reason));
        case CloneAction::restart: restart(plan, facts); break;
        case CloneAction::prepare: copy_.prepare(plan.beside_data ? *facts.copy : *facts.state); break;
        case CloneAction::publish: publish(facts, *facts.state); return;
        case CloneAction::discard: discard(plan, facts); break;
        case CloneAction::set_aside:
          if (set_aside(facts)) return;
          break;
        case CloneAction::set_remains_aside: set_remains_aside(plan); break;
        case CloneAction::initialize: copy_.initialize(text(plan.reason)); break;
        case CloneAction::clone: try_clone(plan); break;
        case CloneAction::wait: wait_for_peers(plan); [[fallthrough]];
        case CloneAction::ask_peers:
          survey = survey_peers(options_.set, options_.clone_port, options_.peers_above, peers_timeout, options_.tls);
          note_unheard(unheard_, *survey);
          if (facts.content == Content::empty || !facts.request)
            remember(facts, evidence_after(known_evidence(facts), *survey));
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
      case CloneAction::restart:
      case CloneAction::prepare:
      case CloneAction::publish:
      case CloneAction::adopt:
      case CloneAction::set_aside:
      case CloneAction::set_remains_aside:
      case CloneAction::discard:
      case CloneAction::clone:
      case CloneAction::initialize: break;
    }
    return true;
  }

  void log_end(const ClonePlan& plan) {
    const bool keep = plan.action == CloneAction::keep;
    log_event(LogLevel::info, component::clone,
              keep ? "kept the data" : "left the empty directory to the image's entrypoint",
              {{"data_dir", dir_.root.string()}, {"reason", text(plan.reason)}});
  }

  // Writes the evidence down before anything rests on it, and before a state that is evidence is removed. Row 22 asks
  // for it at any later start. A replica that knows of data must tell its primary so.
  void remember(const DataDirFacts& facts, const std::vector<SetEvidence>& known) {
    if (known == facts.set_evidence) return;
    check_writable(dir_);
    if (known.empty()) return remove_set_evidence(dir_);
    write_set_evidence(dir_, options_.set.pod.name, known);
    crash_point("evidence.written");
  }

  // There is data again, and the evidence goes. It goes before the state says so: a start in between comes here again.
  void forget(const DataDirFacts& facts) {
    if (facts.set_evidence.empty()) return;
    remove_set_evidence(dir_);
    crash_point("evidence.removed");
  }

  // The entrypoint makes the data of a new set. A state that was left would give it the identity of the lost set, and
  // the replicas would follow.
  void leave(const DataDirFacts& facts) {
    let_entrypoint_write();
    if (!facts.state) return;
    check_writable(dir_);
    remove_tree(dir_.state_file());
    sync_directory(dir_.agent());
  }

  // There is no data yet, so nothing is to be proven before the first write.
  void let_entrypoint_write() {
    const std::filesystem::path file = options_.conf_dir / option_files::agent;
    const auto options = read_file_if_exists(file, 1 << 16);
    if (!options) {
      log_event(LogLevel::warning, component::clone,
                "left super_read_only on: an entrypoint of MySQL cannot make accounts then; mount the directory of "
                "--conf-dir here, or use --initialize",
                {{"file", file.string()}});
      return;
    }
    if (const std::string changed = without_super_read_only(*options); changed != *options)
      write_file_durably(file, changed, 0644);
  }

  // MariaDB lets root's events write to a read-only primary, whose data is not proven yet: what they write could be on
  // the primary alone. So the sidecar runs the events, once it has opened the primary. Returns whether `state` has
  // changed.
  bool keep_events_off(AgentState& state) const {
    if (policy_.role != Role::primary) return false;
    const bool before = state.scheduler_waits;
    state.scheduler_waits = switch_events_off();
    return state.scheduler_waits != before;
  }

  // Returns whether the options want events to run.
  bool switch_events_off() const {
    const std::filesystem::path last = options_.conf_dir / option_files::server_id;
    const auto options = read_file_if_exists(last, 1 << 16);
    if (!options || !runs_events(options_of(options_.conf_dir))) return false;
    write_file_durably(last, without_events(*options), 0644);
    return true;
  }

  void adopt(const DataDirFacts& facts) {
    AgentState state = copy_.new_state(DataState::adopted, Origin::adopt);
    if (facts.position) state.position = *facts.position;
    forget(facts);
    keep_events_off(state);
    copy_.enter(state, DataState::adopted);
    log_event(
        LogLevel::info, component::clone, "adopted the data that was there",
        {{"data_dir", dir_.root.string()}, {"evidence", facts.content_reason}, {"position", state.position.text()}});
  }

  // Staging and its state cannot be removed in one durable step. Staging goes first: the state then still says
  // `cloning`, and the next start comes here again.
  void restart(const ClonePlan& plan, const DataDirFacts& facts) {
    if (!plan.beside_data) remember(facts, known_evidence(facts));
    log_event(LogLevel::info, component::clone, "threw the unfinished staging away", {{"reason", text(plan.reason)}});
    remove_tree(dir_.staging());
    remove_tree(dir_.run());
    crash_point("restart.removed");
    remove_tree(plan.beside_data ? dir_.copy_state_file() : dir_.state_file());
    sync_directory(dir_.agent());
  }

  void wait_for_peers(const ClonePlan& plan) {
    // To a replica the last failure says more than "no fit donor".
    if (Clock::now() >= deadline_)
      throw last_failure_ && policy_.role == Role::replica ? still_there(*last_failure_) : given_up(plan);
    if (!last_wait_ || !is_same_wait(plan.reason, *last_wait_))
      log_event(LogLevel::info, component::clone, "waited: " + text(plan.reason),
                {{"up_to", duration_text(options_.donor_wait)}});
    last_wait_ = plan.reason;
    activity_.wait(text(plan.reason));
    std::this_thread::sleep_until(std::min(Clock::now() + pause_, deadline_));
    pause_ = std::min(pause_ * 2, longest_pause);
  }

  // To a primary the reason of its wait says more than the last failure: perhaps a person must act.
  Error given_up(const ClonePlan& plan) const {
    return failed(text(plan.reason) + (last_failure_ ? std::string("; before that: ") + last_failure_->what() : ""),
                  hint(plan.reason));
  }

  // A donor that failed comes after the donors that did not fail, however near it is.
  PeerFact next_donor(const ClonePlan& plan) {
    return *std::min_element(plan.donors.begin(), plan.donors.end(), [&](const PeerFact& a, const PeerFact& b) {
      return failures_[a.ordinal] < failures_[b.ordinal];
    });
  }

  void try_clone(const ClonePlan& plan) {
    const PeerFact donor = next_donor(plan);
    try {
      if (plan.beside_data) check_no_mounts(dir_);
      copy_.check_donor(donor, 0);
    } catch (const Error& error) {
      throw plan.beside_data ? still_there(error) : error;
    }
    if (plan.recovery)
      log_event(plan.reason.passed_over.empty() ? LogLevel::info : LogLevel::warning, component::clone,
                "chose the pod to recover the primary from",
                {{"donor", donor.info.pod}, {"reason", text(plan.reason)}});
    const auto begin = Clock::now();
    try {
      copy_.receive(donor, plan.recovery);
    } catch (const Error& error) {
      // The time of a transfer does not count: after a large clone that broke late another donor is tried.
      deadline_ += Clock::now() - begin;
      const int failures = ++failures_[donor.ordinal];
      last_failure_ = error;
      activity_.fail(error);
      log_event(LogLevel::warning, component::clone, "failed to clone",
                {{"donor", donor.info.pod}, {"failures", failures}, {"error", error.what()}});
      const auto pause = std::min(first_pause * (1 << std::min(failures - 1, 5)), longest_pause);
      if (Clock::now() + pause >= deadline_) throw plan.beside_data ? still_there(error) : error;
      if (std::all_of(plan.donors.begin(), plan.donors.end(),
                      [&](const PeerFact& peer) { return failures_[peer.ordinal] > 0; }))
        std::this_thread::sleep_for(pause);
    }
  }

  // The error, with a word about the old data where a request for a new clone waits: nothing has replaced that data
  // yet.
  Error still_there(const Error& error) const {
    std::error_code none;
    if (!std::filesystem::exists(dir_.reclone_request(), none)) return error;
    return Error(error.code(), error.what(),
                 error.hint() + "; the data is as it was: `mysql-agent reclone --cancel` withdraws the request");
  }

  // The comment of plan_clone tells the order of the steps. False: the request was withdrawn at this moment.
  bool set_aside(const DataDirFacts& facts) {
    AgentState state = *facts.state;
    if (state.state != DataState::setting_aside) {
      check_no_mounts(dir_);
      if (!take_reclone_request(dir_)) return false;
      crash_point("reclone.taken");
      state = *facts.copy;
      state.set_aside = new_set_aside_name(dir_);
      copy_.enter(state, DataState::setting_aside);
    }
    const std::filesystem::path target = dir_.set_aside() / state.set_aside;
    activity_.begin("sets the old data aside");
    move_data_to(dir_, target);
    log_event(LogLevel::info, component::clone, "set the old data aside", {{"directory", target.string()}});
    publish(facts, state);
    return true;
  }

  // The state stays: it is the evidence that there was data.
  void set_remains_aside(const ClonePlan& plan) {
    const std::filesystem::path target = dir_.set_aside() / new_set_aside_name(dir_);
    activity_.begin("sets aside what is left of the data");
    move_data_to(dir_, target);
    log_event(LogLevel::warning, component::clone, "set aside what is left of the data",
              {{"directory", target.string()}, {"reason", text(plan.reason)}});
  }

  void discard(const ClonePlan& plan, const DataDirFacts& facts) {
    AgentState state = *facts.state;
    if (state.state != DataState::discarding) {
      check_no_mounts(dir_);
      copy_.check_donor(plan.donors.front(), data_size(dir_));
      if (!take_reclone_request(dir_)) return;
      crash_point("reclone.taken");
      copy_.enter(state, DataState::discarding);
    }
    activity_.begin("removes the old data");
    // The data is renamed away first: what is half removed must not look like data.
    move_data_to(dir_, dir_.discarded());
    remove_tree(dir_.discarded());
    crash_point("discard.removed");
    finish_reclone(dir_);
    crash_point("reclone.removed");
    remember(facts, known_evidence(facts));
    remove_tree(dir_.state_file());
    sync_directory(dir_.agent());
    log_event(LogLevel::info, component::clone, "removed the old data, as it was asked for",
              {{"data_dir", dir_.root.string()}});
  }

  void publish(const DataDirFacts& facts, AgentState state) {
    activity_.begin("publishes the data");
    keep_events_off(state);
    copy_.enter(state, DataState::publishing);
    publish_staging(dir_, state);
    remove_tree(dir_.run());
    finish_reclone(dir_);
    crash_point("reclone.removed");
    forget(facts);
    copy_.enter(state, DataState::published);
    log_event(LogLevel::info, component::clone, "published the data",
              {{"data_dir", dir_.root.string()}, {"donor", state.donor}, {"position", state.position.text()}});
  }

  const CloneOptions& options_;
  const DataDir dir_;
  CloneActivity& activity_;
  CopyMaker copy_;
  ClonePolicy policy_;
  Clock::time_point deadline_;
  std::chrono::milliseconds pause_ = first_pause;
  std::vector<PeerFact> unheard_;  ///< note_unheard
  std::optional<CloneReason> last_wait_;
  std::optional<Error> last_failure_;
  std::map<std::uint32_t, int> failures_;
};

}  // namespace

void clone_mysql(const CloneOptions& options) {
  check_is_there({options.data_dir});
  const Fd lock = lock_data_dir({options.data_dir});
  CloneActivity activity(options.set);
  const CloneEndpoints endpoints(activity, {options.data_dir}, {options.http_host, options.http_port},
                                 {options.listen, options.clone_port}, options.tls);
  CloneRun(options, activity).run();
}

}  // namespace mysql_agent
