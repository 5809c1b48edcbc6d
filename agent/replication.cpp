#include "agent/replication.hpp"

#include <algorithm>

#include "agent/peer_survey.hpp"
#include "common/crash_point.hpp"
#include "common/log.hpp"

namespace mysql_agent {
namespace {

constexpr const char* component = "sidecar";
// STOP REPLICA waits for the event group that is being applied, so not too short.
constexpr std::chrono::seconds sql_timeout{30};
constexpr std::chrono::seconds connect_retry{5};
constexpr std::chrono::seconds ask_peers_every{5};
constexpr std::chrono::milliseconds ask_timeout{2000};
constexpr std::chrono::seconds data_bytes_known_for{60};
constexpr std::chrono::milliseconds first_pause{5000};
constexpr std::chrono::milliseconds longest_pause{300'000};

}  // namespace

PodView ReplicationWatch::look() {
  PodView view;
  view.pod = options_.set.pod;
  view.role = options_.set.role();
  view.source_host = options_.source.host;
  try {
    view.state = read_state(options_.dir.state_file(), view.pod.name);
    if (!client_) client_.emplace(options_.login, sql_timeout);
    view.server = read_server_facts(*client_);
    view.data_bytes = data_bytes();
    act(view);
    last_error_.clear();
  } catch (const std::exception& error) {
    // Whatever failed, the next look begins with a new connection.
    client_.reset();
    view.server_error = error.what();
    // A server that answered and then refused a statement is up: the text says what is wrong.
    if (view.server && view.held.empty()) view.held = error.what();
    if (last_error_ != error.what())
      log_event(LogLevel::warning, component, "failed to look after the server", {{"error", error.what()}});
    last_error_ = error.what();
  }
  return view;
}

// Walks the whole data directory: not at every look.
std::uint64_t ReplicationWatch::data_bytes() {
  const auto now = std::chrono::steady_clock::now();
  if (now >= data_bytes_until_) {
    data_bytes_ = clone_size_estimate(options_.dir);
    data_bytes_until_ = now + data_bytes_known_for;
  }
  return data_bytes_;
}

void ReplicationWatch::act(PodView& view) {
  const Dialect dialect(view.server->version);
  if (dialect.warning() != last_warning_) log_event(LogLevel::warning, component, "found a server that is not known", {{"reason", dialect.warning()}});
  last_warning_ = dialect.warning();
  look_after_clone_plugin(view);
  ask_peers(view);
  SourceAddress source = options_.source;
  source.host = choice_.host;
  ReplicationPlan plan = plan_replication(view.role, view.state, *view.server, source);
  // These say more than the error of a thread does.
  if (view.role == Role::replica && (plan.action != ReplicationAction::hold || view.server->replica)) {
    if (!choice_.held.empty()) plan = hold_replication(choice_.held);
    else if (!diverged_.empty())
      plan = hold_replication("this replica has transactions that the primary has not: " + diverged_ + ", of all that it has: " + view.server->executed +
                              "; save what they wrote, then clone this replica again");
  }
  if (plan.action == ReplicationAction::hold) {
    if (hold_confirmed(plan.reason)) view.held = plan.reason;
    return;
  }
  if (hold_said_) log_event(LogLevel::info, component, "ended holding replication");
  last_hold_.clear();
  hold_said_ = false;
  switch (plan.action) {
    case ReplicationAction::set_up:
      if (may_try_again(plan.after_error)) set_up(plan, view);
      break;
    case ReplicationAction::start:
      if (!may_try_again(plan.after_error)) break;
      client_->execute(dialect.start_replica());
      log_event(LogLevel::info, component, "started replication again", {{"reason", plan.reason}});
      view.server = read_server_facts(*client_);
      break;
    case ReplicationAction::mark: mark(view, DataState::replicating); break;
    case ReplicationAction::become_primary: become_primary(view); break;
    case ReplicationAction::nothing: pause_ = std::chrono::milliseconds(0); break;
    case ReplicationAction::hold: break;
  }
  look_after_accounts(view);
}

// What the primary's log still has, and whether it has all that we have, is not to be seen here: its sidecar says it. Asked every
// few seconds, and at once when the thread that reads from it has come up again: perhaps at a primary that is another one now.
void ReplicationWatch::ask_peers(PodView& view) {
  if (view.role != Role::replica || !view.server->by_gtid || !view.state || !is_settled(view.state->state)) return;
  const auto now = std::chrono::steady_clock::now();
  const bool io_runs = view.server->replica && view.server->replica->io.running;
  const bool at_once = io_runs && !io_ran_;
  io_ran_ = io_runs;
  if (now < next_question_ && !at_once) return;
  next_question_ = now + ask_peers_every;
  const PeerFact primary = ask_peer(options_.set, options_.set.first_ordinal, options_.clone_port, ask_timeout, options_.tls);
  std::optional<DonorInfo> info;
  if (primary.kind == PeerFact::Kind::answered && primary.info.has_data) info = primary.info;
  const Flavour flavour = view.server->version.flavour;
  const std::string set_source = current_source(view);
  SourceChoice choice = choose_source(flavour, view.server->executed, set_source, options_.source.host, info, {});
  if (!choice.held.empty()) choice = choose_source(flavour, view.server->executed, set_source, options_.source.host, info, ask_siblings());
  if (choice.host != choice_.host)
    log_event(LogLevel::info, component, choice.sibling ? "began to catch up from a sibling: the primary's logs lack what is missing here"
                                                        : "had caught up, and goes back to the primary",
              {{"source", choice.host}, {"position", view.server->executed}});
  choice_ = choice;
  if (info) diverged_ = divergence_.look(now, flavour, view.server->executed, info->position);
}

// A sibling that we catch up from stays the source while the primary says nothing; any other host is a mistake.
std::string ReplicationWatch::current_source(const PodView& view) const {
  const std::uint32_t end = options_.set.pod.ordinal + options_.peers_above;
  for (std::uint32_t ordinal = options_.set.first_ordinal; view.server->replica && ordinal <= end; ++ordinal)
    if (ordinal != options_.set.pod.ordinal && options_.set.host(ordinal) == view.server->replica->source_host)
      return view.server->replica->source_host;
  return options_.source.host;
}

std::vector<SourceCandidate> ReplicationWatch::ask_siblings() const {
  std::vector<SourceCandidate> siblings;
  for (const PeerFact& peer : survey_peers(options_.set, options_.clone_port, options_.peers_above, ask_timeout, options_.tls).peers)
    if (peer.kind == PeerFact::Kind::answered && peer.ordinal != options_.set.first_ordinal) siblings.push_back({peer.host, peer.info});
  return siblings;
}

void ReplicationWatch::look_after_accounts(PodView& view) {
  if (view.role != Role::primary) return;
  const Dialect dialect(view.server->version);
  const auto ensure = [&](const ManagedAccount& account, const char* what) {
    if (accounts_.ensure(*client_, dialect, account))
      log_event(LogLevel::info, component, std::string("made sure of the account for ") + what, {{"user", account.user}});
  };
  if (options_.manage_account)
    ensure({ManagedAccount::Purpose::replication, options_.source.user, options_.source.password}, "replication");
  if (!options_.clone_password.empty() && wants_clone_plugin(options_.engine, options_.tool, view.server->version))
    ensure({ManagedAccount::Purpose::clone, options_.clone_user, options_.clone_password}, "clones");
}

// Whatever replication does: a replica that is held may be the one that a lost primary is recovered from.
// A replica has the plugin from its clone. Where it has not, super_read_only keeps it from being installed (error 1290 on
// 9.7), and lifting that, however shortly, would let others write: the donor's answer says what is missing.
void ReplicationWatch::look_after_clone_plugin(PodView& view) {
  if (!wants_clone_plugin(options_.engine, options_.tool, view.server->version)) return;
  const Dialect dialect(view.server->version);
  const bool ours = view.state && view.state->state == DataState::primary;
  if (!view.server->clone_plugin && ours && !options_.clone_password.empty()) {
    client_->execute(dialect.install_clone_plugin());
    view.server->clone_plugin = true;
    log_event(LogLevel::info, component, "installed the clone plugin");
  }
  view.clone_account = !options_.clone_user.empty() && has_clone_account(*client_, dialect, options_.clone_user);
}

// A commit in flight makes a replica's two positions differ for a moment: only what is there at two looks counts.
bool ReplicationWatch::hold_confirmed(const std::string& reason) {
  const bool again = !last_hold_.empty();
  last_hold_ = reason;
  if (again && !hold_said_) {
    log_event(LogLevel::warning, component, "held replication: a person must look", {{"reason", reason}});
    hold_said_ = true;
  }
  return again;
}

bool ReplicationWatch::may_try_again(bool after_error) {
  const auto now = std::chrono::steady_clock::now();
  if (!after_error) return true;
  if (now < next_try_) return false;
  pause_ = std::min(std::max(first_pause, pause_ * 2), longest_pause);
  next_try_ = now + pause_;
  return true;
}

void ReplicationWatch::set_up(const ReplicationPlan& plan, PodView& view) {
  const Dialect dialect(view.server->version);
  if (view.server->replica) {
    client_->execute(dialect.stop_replica());
    crash_point("replication.stopped");
    client_->execute(dialect.forget_source());
    crash_point("replication.forgotten");
  }
  if (plan.set_position) {
    for (const std::string& statement : dialect.set_position(view.state->position.gtid)) client_->execute(statement);
    crash_point("replication.positioned");
  }
  SourceAddress source = options_.source;
  source.host = choice_.host;
  client_->execute_unlogged(dialect.point_to_source(source, connect_retry, plan.settings));
  crash_point("replication.pointed");
  client_->execute(dialect.start_replica());
  crash_point("replication.started");
  log_event(LogLevel::info, component, "started replication",
            {{"source", source.host},
             {"position", plan.set_position           ? view.state->position.text()
                          : plan.settings.by_gtid ? view.server->executed
                                                  : plan.settings.start.text()},
             {"reason", plan.reason}});
  if (view.state->state != DataState::replicating) mark(view, DataState::replicating);
  view.server = read_server_facts(*client_);
}

void ReplicationWatch::become_primary(PodView& view) {
  const Dialect dialect(view.server->version);
  const bool cloned = view.state && view.state->origin == Origin::clone;
  if (cloned && view.server->replica) {
    client_->execute(dialect.stop_replica());
    client_->execute(dialect.forget_source());
    log_event(LogLevel::info, component, "forgot the source that came with the clone");
    crash_point("replication.forgotten");
  }
  if (!view.state) {
    // The image's entrypoint made this directory, and its server has come up: complete.
    view.state.emplace();
    view.state->pod = view.pod.name;
    view.state->origin = Origin::initialize;
  }
  mark(view, DataState::primary);
}

void ReplicationWatch::mark(PodView& view, DataState state) {
  view.state->state = state;
  write_state(options_.dir, *view.state);
  crash_point((std::string("state.") + state_name(state)).c_str());
  log_event(LogLevel::info, component, std::string("entered the state ") + state_name(state));
}

}  // namespace mysql_agent
