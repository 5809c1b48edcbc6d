#include "agent/replication/replication.hpp"

#include <algorithm>
#include <exception>

#include "agent/pod/peer_survey.hpp"
#include "agent/replication/events.hpp"
#include "agent/replication/log_watch.hpp"
#include "agent/replication/steps.hpp"
#include "common/base/component.hpp"
#include "common/base/crash_point.hpp"
#include "common/base/file.hpp"
#include "common/base/log.hpp"
#include "common/server/gtid.hpp"

namespace mysql_agent {
namespace {

// STOP REPLICA waits for the event group that is being applied, so the timeout is long.
constexpr std::chrono::seconds sql_timeout{30};
constexpr std::chrono::seconds data_bytes_known_for{60};
constexpr std::chrono::seconds log_end_kept_every{10};
// Each try is a refused login in the server's log.
constexpr std::chrono::seconds new_password_tried_every{5};
constexpr std::chrono::milliseconds first_pause{5000};
constexpr std::chrono::milliseconds longest_pause{300'000};
constexpr std::chrono::milliseconds opening_ask_timeout{1000};
constexpr std::chrono::milliseconds opening_look_timeout{3000};
// How long replication must have run after its start before a look counts. An error of the first event comes earlier
// (0.1 s to 1 s on MariaDB 10.11 and MySQL 9.7).
constexpr std::chrono::milliseconds judged_after{1500};

constexpr const char* without_log_text =
    "it has no binary log (log_bin is OFF), so no replica would get what it writes; leave the option out of "
    "primary.cnf, and start the pod again";

std::chrono::steady_clock::time_point steady_now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

PodView ReplicationWatch::look() {
  PodView view = new_pod_view(options_.set);
  bool connected = false;
  try {
    // An unreadable state keeps the sidecar from acting. The server is looked at all the same.
    std::exception_ptr bad_state;
    try {
      view.state = read_state(options_.dir.state_file(), view.pod.name);
      view.pause = read_pause_request(options_.dir.pause_request(), view.pod.name);
      note_pause(view);
    } catch (const Error&) {
      bad_state = std::current_exception();
    }
    if (!client_) {
      seen_open_ = false;
      client_.emplace(options_.login, sql_timeout);
      new_password_known_ = !client_->by_previous_password();
    }
    view.previous_password = !knows_new_password();
    connected = true;
    view.looked = std::chrono::steady_clock::now();
    view.server = read_server_facts(*client_);
    view.server_answers = true;
    if (bad_state) std::rethrow_exception(bad_state);
    view.data_bytes = data_bytes();
    act(view);
    last_error_.clear();
  } catch (const std::exception& error) {
    // Whatever failed, the next look begins with a new connection.
    client_.reset();
    view.server_error = error.what();
    const auto* const sql = dynamic_cast<const SqlError*>(&error);
    // A server that is too old for this agent answers too.
    view.server_answers = view.server || (sql != nullptr ? sql->is_from_server() : connected);
    // A server that answered and then refused a statement is up: the text says what is wrong.
    if (view.server && !view.hold) view.hold = Hold{.cause = HoldCause::statement_refused, .detail = error.what()};
    if (last_error_ != error.what())
      log_event(LogLevel::warning, component::sidecar, "failed to look after the server", {{"error", error.what()}});
    last_error_ = error.what();
  }
  return view;
}

// The server may get the new password at any time, and the backup tool logs in anew for each clone.
bool ReplicationWatch::knows_new_password() {
  const auto now = steady_now();
  if (new_password_known_ || now < try_new_password_again_) return new_password_known_;
  try_new_password_again_ = now + new_password_tried_every;
  ServerLogin login = options_.login;
  login.previous_password = {};
  try {
    const MysqlClient accepted(login, sql_timeout);
    new_password_known_ = true;
  } catch (const SqlError& error) {
    if (error.number() != server_error::access_denied) throw;
  }
  return new_password_known_;
}

// The estimate walks the whole data directory, so it is not made at every look.
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
  const std::string warning = dialect.warning().value_or("");
  if (warning != last_warning_)
    log_event(LogLevel::warning, component::sidecar, "found a server that is not known", {{"reason", warning}});
  last_warning_ = warning;
  // This does not depend on replication: a lost primary may be recovered from this pod.
  upkeep_.look_after_clone_plugin(*client_, view);
  const bool follows = view.role == Role::replica && view.state && is_settled(view.state->state);
  if (follows) {
    upkeep_.look_after_switches(*client_, view);
    note_filters(view);
    if (view.pause && !view.state->healing.empty()) {
      leave_for_pause(view, PausedStep::heal);
      return;
    }
    if (Healing::go_on(*client_, options_.dir, view)) view.not_judged = true;
    if (!view.pause) take_release(view);
    sources_.look(view);
    view.disabled_events =
        sources_.view().disabled_events ? sources_.view().disabled_events : view.state->disabled_events;
    const auto& wait = sources_.view().wait;
    view.source_away = wait.has_value();
    view.source_down = wait && wait->kind == WaitKind::primary_not_up;
    view.diverged = std::max(sources_.view().diverged_transactions, own_transaction_count(*view.server));
    view.own = own_beside_primary(*view.server, sources_.view().position);
    view.missing_for = sources_.missing_for(view);
    const bool comparable = !view.state->set_id.empty() && view.server->by_gtid;
    view.not_measured = comparable && !sources_.measured();
    view.primary_server_id = sources_.view().server_id;
    view.unproven = comparable && !sources_.view().proven;
  }
  if (follows) note_received(view);
  if (follows && sources_.view().identity == SetIdentity::other) leave_set(view);
  SourceAddress source = options_.source;
  source.host = sources_.view().choice.host;
  ReplicationPlan plan = plan_replication(view.role, view.state, *view.server, source, follows ? accepted(view) : "");
  if (follows) plan = hold_for_peers(plan, view);
  if (follows) plan = try_source_again(plan, view);
  if (follows) plan = hold_of_before(plan, view);
  if (follows && look_after_own(plan, view)) return;
  if (plan.action == ReplicationAction::hold) {
    if (hold_confirmed(plan.hold, view)) view.hold = plan.hold;
    else view.not_judged = true;
    return;
  }
  if (logged_hold_) log_event(LogLevel::info, component::sidecar, "ended holding replication");
  last_hold_.reset();
  logged_hold_.reset();
  forget_hold(view);
  if (follows) take_over_recoveries(view);
  if (follows) take_over_events(view);
  if (follows && !may_connect(plan, view)) return;
  if (view.pause) {
    leave(plan, view);
    if (steady_now() < acted_at_ + judged_after && view.server->replica) view.not_judged = true;
    if (view.role == Role::primary && view.state && view.state->state == DataState::primary) look_at_primary(view);
    return;
  }
  switch (plan.action) {
    case ReplicationAction::set_up:
      if (!may_try_again(plan.after_error)) break;
      set_up_replication(*client_, options_.dir, plan, source, view);
      if (plan.new_log) sources_.forget();
      acted_at_ = steady_now();
      break;
    case ReplicationAction::start:
      if (!may_try_again(plan.after_error)) break;
      client_->execute(dialect.start_replica());
      acted_at_ = steady_now();
      log_event(LogLevel::info, component::sidecar, "started replication again",
                {{"reason", plan_reason_text(plan.reason, view.server->replica)}});
      view.server = read_server_facts(*client_);
      break;
    case ReplicationAction::mark: mark_state(options_.dir, view, DataState::replicating); break;
    case ReplicationAction::become_primary: become_primary(*client_, options_.dir, plan, view); break;
    case ReplicationAction::nothing:
      pause_ = std::chrono::milliseconds(0);
      // A person may have switched replication to GTIDs, as the text of a hold advises.
      if (follows) note_in_state(options_.dir, view, false, !view.server->replica->by_gtid);
      break;
    case ReplicationAction::hold: break;
  }
  // A thread that was started a moment ago has proven nothing yet.
  if (steady_now() < acted_at_ + judged_after && view.server->replica) view.not_judged = true;
  look_after_set_id(view);
  if (view.role == Role::primary && view.state->state == DataState::primary) {
    upkeep_.look_after_position(*client_, view);
    look_at_primary(view);
  }
  if (!view.server->read_only) upkeep_.look_after_accounts(*client_, view);
  if (view.open && !view.server->read_only) look_after_events(*client_, options_.dir, view);
}

void ReplicationWatch::look_at_primary(PodView& view) {
  look_after_opening(view);
  if (view.open && !view.server->read_only) look_after_log(view);
}

// The log has the beginning of a pause and its end.
void ReplicationWatch::note_pause(const PodView& view) {
  if (view.pause == logged_pause_) return;
  if (view.pause)
    log_event(LogLevel::warning, component::sidecar, "began a pause: it looks, and changes nothing",
              {{"pause", pause_text(*view.pause)}});
  else log_event(LogLevel::info, component::sidecar, "ended the pause");
  logged_pause_ = view.pause;
}

// What a look of a paused pod does with its plan. The state goes on telling what was found: a later look relies on it.
void ReplicationWatch::leave(const ReplicationPlan& plan, PodView& view) {
  switch (plan.action) {
    case ReplicationAction::set_up: leave_for_pause(view, PausedStep::set_up); break;
    case ReplicationAction::start: leave_for_pause(view, PausedStep::start); break;
    case ReplicationAction::become_primary: leave_for_pause(view, PausedStep::become_primary); break;
    case ReplicationAction::mark: mark_state(options_.dir, view, DataState::replicating); break;
    case ReplicationAction::nothing:
    case ReplicationAction::hold: break;
  }
  if (view.role == Role::replica) look_after_set_id(view);
}

void ReplicationWatch::note_filters(PodView& view) {
  const std::string& filters = view.server->filters;
  if (filters.empty() || filters == view.state->filtered) return;
  view.state->filtered = filters;
  write_state(options_.dir, *view.state);
}

// Only the sidecar writes the state while it runs, so `mysql-agent release` leaves its request in another file.
void ReplicationWatch::take_release(PodView& view) {
  const auto request = read_release_request(options_.dir.release_request(), view.pod.name);
  if (!request) return;
  const HoldCause cause = view.state->hold ? hold_of_record(*view.state->hold).cause : HoldCause::no_state;
  if (kind_of(cause) == HoldKind::purged) {
    log_event(LogLevel::info, component::sidecar, "took a person's word that this data is the best that is left",
              {{"lacks", request->gtids}});
    forget_hold(view);
  } else if (cause == HoldCause::own_transactions) {
    view.state->accepted = joined_gtids(view.state->accepted, request->gtids);
    write_state(options_.dir, *view.state);
    crash_point("release.taken");
    log_event(LogLevel::info, component::sidecar, "took a person's word that these transactions are right",
              {{"gtids", request->gtids}});
  }
  remove_tree(options_.dir.release_request());
}

// Whether own transactions explain the plan. They show in several holds: the replica is ahead of the primary, or of its
// opening, or MariaDB's replication stops at them.
bool ReplicationWatch::is_of_own(const ReplicationPlan& plan, const PodView& view, const std::string& own) {
  if (plan.action != ReplicationAction::hold || plan.hold.cause == HoldCause::own_transactions ||
      plan.hold.cause == HoldCause::out_of_order)
    return true;
  if (plan.hold.cause != HoldCause::ahead_of_primary && plan.hold.cause != HoldCause::ahead_of_opening) return false;
  const Flavour flavour = view.server->version.flavour;
  return GtidPosition::parse(flavour, own).covers(GtidPosition::parse(flavour, plan.hold.gtids));
}

// Returns whether the look ends here: transactions that changed nothing were taken out, or are still being judged.
bool ReplicationWatch::look_after_own(ReplicationPlan& plan, PodView& view) {
  const SourceView& sources = sources_.view();
  const std::string& own = view.own;
  view.healed = healing_.healed();
  if (own.empty()) healing_.note_clean(*view.server);
  const bool up = sources.identity == SetIdentity::same && !sources.wait && sources.told;
  // The plan resets an old log. The transactions in it are not of this copy, and go with it.
  if (plan.new_log) return false;
  if (own.empty() || !up || !is_of_own(plan, view, own)) return false;
  Hold found = plan.action == ReplicationAction::hold
                   ? plan.hold
                   : Hold{.cause = HoldCause::own_transactions, .gtids = own, .beside = view.server->executed};
  switch (healing_.look(*client_, options_.dir, sources.position, view, found)) {
    case HealingAction::heal:
      sources_.forget();
      view.own.clear();
      view.diverged = 0;
      view.healed = healing_.healed();
      view.not_judged = true;
      return true;
    case HealingAction::read:
      if (healing_.could_heal()) leave_for_pause(view, PausedStep::heal);
      view.not_judged = true;
      return !view.state->hold;
    case HealingAction::nothing: return false;
    case HealingAction::hold: plan = hold_replication(found); return false;
  }
  return false;
}

// Whether a hold for transactions of this replica alone has ended: this server has lost them (a person reset it), or
// they have this server's UUID and the primary has them now.
bool ReplicationWatch::are_own_gone(const Hold& hold, const PodView& view) const {
  const Flavour flavour = view.server->version.flavour;
  const GtidPosition held = GtidPosition::parse(flavour, hold.gtids);
  const GtidPosition here = GtidPosition::parse(flavour, view.server->executed);
  if (hold.cause == HoldCause::own_transactions && own_transactions(*view.server, accepted(view)).empty()) return true;
  return !held.empty() && held.beyond(here) == held;
}

// Whether a hold for what nobody has has ended: a source sends to this replica, or the primary tells that it can, or
// that another replica can.
bool ReplicationWatch::can_go_on(const PodView& view) const {
  if (view.server->replica && view.server->replica->io.running) return true;
  const SourceView& sources = sources_.view();
  return view.server->by_gtid && sources.identity == SetIdentity::same && sources.told && !sources.choice.hold;
}

// A primary that does not know this replica's position may take back what it lacks. Once it has all that this replica
// has, and its log begins early enough, it is asked again.
ReplicationPlan ReplicationWatch::try_source_again(const ReplicationPlan& plan, const PodView& view) const {
  if (plan.action != ReplicationAction::hold || plan.hold.cause != HoldCause::source_cannot_go_on) return plan;
  const SourceView& sources = sources_.view();
  if (!sources.told || sources.choice.hold || sources.choice.sibling) return plan;
  const Flavour flavour = view.server->version.flavour;
  const auto primary = GtidPosition::try_parse(flavour, sources.position);
  if (!primary || !primary->covers(GtidPosition::parse(flavour, view.server->executed))) return plan;
  ReplicationPlan again;
  again.action = ReplicationAction::start;
  again.after_error = true;
  again.reason = PlanReason::receiver_stopped;
  return again;
}

// A hold that is written down stays until its reason is gone. The primary's numbers may pass those of this replica's
// transactions, and the transactions are still not the primary's. And the primary may be gone that has what this
// replica lacks.
ReplicationPlan ReplicationWatch::hold_of_before(const ReplicationPlan& plan, const PodView& view) const {
  if (!view.state->hold || plan.action == ReplicationAction::hold) return plan;
  const Hold hold = hold_of_record(*view.state->hold);
  if (kind_of(hold.cause) == HoldKind::purged ? can_go_on(view) : are_own_gone(hold, view)) return plan;
  Hold now = hold;
  now.beside = view.server->executed;
  return hold_replication(now);
}

std::string ReplicationWatch::accepted(const PodView& view) const {
  return accepted_here(*view.server, view.state->accepted, sources_.view().position);
}

void ReplicationWatch::forget_hold(PodView& view) {
  if (!view.state || !view.state->hold) return;
  view.state->hold.reset();
  write_state(options_.dir, *view.state);
}

// The primary's server starts read-only. It takes writes when no other pod has transactions that it lacks.
void ReplicationWatch::look_after_opening(PodView& view) {
  take_release_of_primary(view);
  std::vector<OpeningPeer> peers;
  ClosedWrites writes;
  if (view.server->read_only && !is_opened(*view.state, *view.server, seen_open_)) {
    peers = ask_before_opening();
    // MariaDB's read_only does not stop privileged clients: what they wrote here meanwhile, the peers have received.
    if (!peers.empty()) {
      view.server = read_server_facts(*client_);
      writes = read_closed_writes(*client_, view);
    }
  }
  // What such a primary writes would reach no replica, and no log would tell.
  if (!view.server->log_bin && view.server->read_only && !is_opened(*view.state, *view.server, seen_open_)) {
    view.closed = without_log_text;
    return;
  }
  const OpeningPlan plan = plan_opening(*view.state, *view.server, peers, seen_open_, writes);
  note_lacked(plan, view);
  if (plan.action == OpeningAction::open)
    view.state->recoveries = known_openings(*view.state, peers, view.server->version.flavour);
  const bool again = plan.action == OpeningAction::catch_up && !view.state->catching_up_from.empty();
  if (view.pause) leave_opening(plan, view);
  else if (may_try_again(again)) carry_out_opening(*client_, options_.dir, plan, options_.source, view);
  if (!view.server->read_only && !view.unproven) seen_open_ = true;
  view.open = is_opened(*view.state, *view.server, seen_open_);
  view.closed = view.server->read_only ? opening_text(plan, view.pause.has_value()) : "";
  if (plan.action == OpeningAction::hold) view.hold = plan.hold;
  if (plan.action != logged_opening_ && !view.closed.empty())
    log_event(LogLevel::info, component::sidecar, "kept the primary read-only", {{"reason", view.closed}});
  logged_opening_ = plan.action;
}

// What the primary lacks is written down. The pod that has it may fall silent, and the primary must not open then.
void ReplicationWatch::note_lacked(const OpeningPlan& plan, PodView& view) {
  AgentState& state = *view.state;
  if (plan.action == OpeningAction::open) {
    if (state.lacked.empty()) return;
    state.lacked.clear();
    state.lacked_from.clear();
  } else {
    const std::string& from = plan.action == OpeningAction::hold ? plan.hold.detail : plan.peer;
    const Flavour flavour = view.server->version.flavour;
    const auto known = GtidPosition::try_parse(flavour, state.lacked);
    const auto found = GtidPosition::try_parse(flavour, plan.missing);
    if (!found || found->empty() || (known && known->covers(*found) && state.lacked_from == from)) return;
    state.lacked = plan.missing;
    state.lacked_from = from;
  }
  write_state(options_.dir, state);
}

void ReplicationWatch::take_release_of_primary(PodView& view) {
  const auto request = read_release_request(options_.dir.release_request(), view.pod.name);
  if (!request) return;
  if (!view.state->lacked.empty()) {
    log_event(LogLevel::warning, component::sidecar,
              "took a person's word that the primary opens without what another pod had",
              {{"gtids", view.state->lacked}, {"pod", view.state->lacked_from}});
    view.state->accepted = joined_gtids(view.state->accepted, view.state->lacked);
    view.state->lacked.clear();
    view.state->lacked_from.clear();
    write_state(options_.dir, *view.state);
  }
  remove_tree(options_.dir.release_request());
}

// A person may let the primary of a paused pod take writes. That is written down at once, though the next opening
// writes it down again: a replica that has more than the primary had then must not connect.
void ReplicationWatch::leave_opening(const OpeningPlan& plan, PodView& view) {
  switch (plan.action) {
    case OpeningAction::open:
    case OpeningAction::catch_up: leave_for_pause(view, PausedStep::open); return;
    case OpeningAction::note:
      leave_for_pause(view, PausedStep::note_opening);
      view.unproven = true;
      if (noted_start_ != view.server->started) note_opening(*client_, options_.dir, view);
      noted_start_ = view.server->started;
      return;
    case OpeningAction::nothing:
    case OpeningAction::go_on:
    case OpeningAction::wait:
    case OpeningAction::wait_for:
    case OpeningAction::closed:
    case OpeningAction::hold: return;
  }
}

// Resets are found from look to look; the state has an end of the log for one that comes while no sidecar looks.
void ReplicationWatch::look_after_log(PodView& view) {
  const Position now = log_end(*view.server);
  if (now.empty() || !view.server->by_gtid) return;
  const Position& before = log_end_.empty() ? view.state->log_end : log_end_;
  if (now != before && was_reset(before, *view.server, read_log_at(*client_, *view.server, before))) {
    note_reset(options_.dir, view);
  } else if (view.state->log_end != now && (steady_now() >= keep_log_end_again_ || view.state->log_end.gtid.empty())) {
    view.state->log_end = now;
    write_state(options_.dir, *view.state);
    keep_log_end_again_ = steady_now() + log_end_kept_every;
  }
  log_end_ = now;
}

// A sidecar's answer may come from a look two seconds ago. Its server may have received transactions since, and this
// primary may have lost them. So the sidecar is asked to look again.
OpeningPeer ReplicationWatch::ask_anew(const PeerFact& peer) const {
  const PeerFact fact =
      ask_peer_anew(options_.set, peer.ordinal, options_.clone_port, opening_look_timeout, options_.tls);
  OpeningPeer out{.pod = peer.pod, .host = peer.host, .info = std::nullopt, .error = fact.error};
  if (fact.kind != PeerFact::Kind::answered) return out;
  // An agent of an older release does not tell the age of its look. Its looks are a few seconds old at most.
  if (!fact.fresh && fact.info.age != clone_protocol::unknown_age)
    out.error = "it has not looked at its server since it was asked";
  // A pod without data has nothing that the primary could lack.
  else if (fact.info.has_data || fact.info.empty) out.info = fact.info;
  return out;
}

std::vector<OpeningPeer> ReplicationWatch::ask_before_opening() {
  std::vector<OpeningPeer> peers;
  for (const PeerFact& fact :
       survey_peers(options_.set, options_.clone_port, options_.peers_above, opening_ask_timeout, options_.tls).peers) {
    if (fact.kind == PeerFact::Kind::absent) continue;
    peers.push_back(fact.kind == PeerFact::Kind::answered
                        ? ask_anew(fact)
                        : OpeningPeer{.pod = fact.pod, .host = fact.host, .info = std::nullopt, .error = fact.error});
  }
  const auto now = steady_now();
  for (OpeningPeer& peer : peers) {
    if (peer.info) {
      silent_since_.erase(peer.pod);
      continue;
    }
    const auto since = silent_since_.try_emplace(peer.pod, now).first->second;
    peer.silent_for = std::chrono::duration_cast<std::chrono::milliseconds>(now - since);
  }
  return peers;
}

// Holds for what the other pods tell. That explains more than the error of a thread does.
ReplicationPlan ReplicationWatch::hold_for_peers(const ReplicationPlan& plan, const PodView& view) const {
  const SourceView& sources = sources_.view();
  const std::string& executed = view.server->executed;
  if (sources.identity == SetIdentity::other)
    return hold_replication(
        {.cause = view.state->doubtful_relay_log ? HoldCause::other_set_doubtful : HoldCause::other_set,
         .gtids = sources.set_id,
         .beside = view.state->set_id});
  // What the other pods lack is in a log that is older than the copy. The plan resets that log.
  if (plan.new_log) return plan;
  if (!sources.lost.empty())
    return hold_replication({.cause = HoldCause::ahead_of_opening, .gtids = sources.lost, .beside = executed});
  if (plan.action == ReplicationAction::hold && !view.server->replica) return plan;
  if (sources.choice.hold) return hold_replication(*sources.choice.hold);
  // Own transactions explain more than a position that is ahead.
  const bool of_own =
      plan.action == ReplicationAction::hold && plan.hold.cause == HoldCause::own_transactions &&
      is_of_own(hold_replication({.cause = HoldCause::ahead_of_primary, .gtids = sources.diverged}), view, view.own);
  if (!sources.diverged.empty() && !of_own)
    return hold_replication({.cause = HoldCause::ahead_of_primary, .gtids = sources.diverged, .beside = executed});
  return plan;
}

// Notes the received position, if it is surely of the data's own set. The facts are older than the primary's answer. An
// I/O thread that does not run has received nothing since. An I/O thread that runs while the primary's sidecar is
// silent may be connected to a server that was begun anew.
void ReplicationWatch::note_received(const PodView& view) {
  const auto& replica = view.server->replica;
  const SourceView& sources = sources_.view();
  if (replica && ((sources.asked_now && sources.identity == SetIdentity::same) || !replica->io.running))
    own_received_ = replica->received;
}

// This happens at the first look, because each event of the other primary is an event too many. Events of the data's
// own set that are not applied yet may exist nowhere else, so the SQL thread goes on, and no relay log is thrown away.
// MariaDB throws its relay logs away when its threads start after both were stopped.
void ReplicationWatch::leave_set(PodView& view) {
  const auto decide = [&] {
    return view.server->replica ? leave_other_set(*view.server->replica, own_received_, view.state->doubtful_relay_log)
                                : LeaveOtherSet::nothing;
  };
  if (decide() == LeaveOtherSet::nothing) return;
  if (view.pause) {
    leave_for_pause(view, PausedStep::leave_set);
    // The relay log has events of the other set from here on.
    if (decide() == LeaveOtherSet::all) note_in_state(options_.dir, view, true, view.state->by_file);
    return;
  }
  const Dialect dialect(view.server->version);
  view.server = read_server_facts(*client_);  // the facts were read before the primary was asked
  const LeaveOtherSet leave = decide();
  if (leave == LeaveOtherSet::nothing) return;
  if (leave == LeaveOtherSet::receiver) {
    client_->execute(dialect.stop_receiver());
    view.server = read_server_facts(*client_);
    if (view.server->replica && view.server->replica->received == own_received_) {
      log_event(
          LogLevel::warning, component::sidecar,
          "stopped receiving: the primary is of another set; what was received before is applied",
          {{"primary", sources_.view().set_id}, {"own", view.state->set_id}, {"received", own_received_->text()}});
      return;
    }
  }
  note_in_state(options_.dir, view, true, view.state->by_file);
  crash_point("replication.doubted");
  client_->execute(dialect.stop_replica());
  crash_point("replication.stopped");
  log_event(LogLevel::warning, component::sidecar, "stopped replication: the primary is of another set",
            {{"primary", sources_.view().set_id}, {"own", view.state->set_id}, {"position", view.server->executed}});
  view.server = read_server_facts(*client_);
}

// A server connects to whatever answers under the source's name. So only the sidecar starts the I/O thread, and only
// after the primary's sidecar has just said that its data is of the same set.
bool ReplicationWatch::may_connect(const ReplicationPlan& plan, PodView& view) {
  const auto& replica = view.server->replica;
  const bool connects = plan.action == ReplicationAction::set_up ||
                        (plan.action == ReplicationAction::start && !replica->io.running && !replica->io.connecting);
  view.wait = connects ? sources_.view().wait : std::nullopt;
  // What the primary said at an earlier look is of its server before.
  if (connects && !view.wait && !view.state->set_id.empty() && !sources_.view().asked_now) return false;
  if (view.wait && (!logged_wait_ || logged_wait_->kind != view.wait->kind))
    log_event(LogLevel::info, component::sidecar, "waited with replication: " + wait_text(*view.wait));
  logged_wait_ = view.wait;
  return !view.wait;
}

void ReplicationWatch::look_after_set_id(PodView& view) {
  if (!view.state || !view.state->set_id.empty() || !is_settled(view.state->state)) return;
  const bool primary = view.role == Role::primary;
  const std::string id = primary ? new_set_id() : sources_.view().set_id;
  if (id.empty() || (!primary && sources_.view().wait)) return;
  view.state->set_id = id;
  write_state(options_.dir, *view.state);
  crash_point("identity.written");
  log_event(LogLevel::info, component::sidecar, primary ? "gave the set an identity" : "took over the set's identity",
            {{"set_id", id}});
}

// Keeps the names of the events that the primary does not run: a replica's own copy of an event does not tell.
void ReplicationWatch::take_over_events(PodView& view) {
  const auto& told = sources_.view().disabled_events;
  if (!told || view.state->disabled_events == told) return;
  view.state->disabled_events = told;
  write_state(options_.dir, *view.state);
}

// This comes before the replica connects. A connected replica has what came after the recovery, and can no longer be
// compared.
void ReplicationWatch::take_over_recoveries(PodView& view) {
  const std::vector<Recovery>& recoveries = sources_.view().recoveries;
  // Before it takes writes, a primary whose volume went back may have forgotten what this replica knows.
  if (!sources_.view().told) return;
  if (recoveries.empty() || recoveries == view.state->recoveries) return;
  view.state->recoveries = recoveries;
  write_state(options_.dir, *view.state);
  crash_point("recoveries.written");
  log_event(LogLevel::info, component::sidecar, "took note that the primary was recovered",
            {{"at", recoveries.back().position}});
}

// A commit in flight makes a replica's two positions differ for a moment, so only a hold of two looks counts. A hold
// that is written down needs no second look.
bool ReplicationWatch::hold_confirmed(const Hold& hold, PodView& view) {
  const bool again = last_hold_.has_value() || (view.state && view.state->hold);
  last_hold_ = hold;
  if (!again) return false;
  if (!logged_hold_ || !is_same_hold(*logged_hold_, hold)) {
    log_event(LogLevel::warning, component::sidecar, "held replication: a person must look",
              {{"reason", hold_text(hold)}});
    logged_hold_ = hold;
  }
  if (view.role == Role::replica && view.state && lasts(hold.cause) &&
      (!view.state->hold || view.state->hold->gtids != hold.gtids)) {
    view.state->hold = record_of(hold);
    write_state(options_.dir, *view.state);
    crash_point("hold.written");
  }
  return true;
}

bool ReplicationWatch::may_try_again(bool after_error) {
  const auto now = std::chrono::steady_clock::now();
  if (!after_error) return true;
  if (now < next_try_) return false;
  pause_ = std::min(std::max(first_pause, pause_ * 2), longest_pause);
  next_try_ = now + pause_;
  return true;
}

}  // namespace mysql_agent
