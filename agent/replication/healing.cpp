#include "agent/replication/healing.hpp"

#include <algorithm>

#include "agent/replication/plan.hpp"
#include "common/base/component.hpp"
#include "common/base/crash_point.hpp"
#include "common/base/log.hpp"
#include "common/server/gtid.hpp"

namespace mysql_agent {
namespace {

constexpr unsigned events_at_once = 1000;
// A look must not take long.
constexpr int reads_of_a_look = 20;
constexpr std::uint64_t first_event = 4;
constexpr std::chrono::seconds try_again{30};

LogEvent event_of(const Row& row) {
  LogEvent event{.type = text_of(row, "Event_type"), .info = text_of(row, "Info")};
  std::erase(event.info, '\n');
  return event;
}

// The mark of an emptying is a comment, which anybody can write. A server empties tables of the engine MEMORY alone.
bool keeps_rows(MysqlClient& client, const Dialect& dialect, const std::string& table) {
  const auto rows = client.query(dialect.engine_of(table));
  return !rows.empty() && text_of(rows.front(), "engine") != "MEMORY";
}

// The server's position without its own transactions.
std::string position_without(const ServerFacts& server, const std::string& own) {
  if (server.version.flavour == Flavour::mariadb) return server.applied;
  return MysqlGtidSet::parse(server.executed).beyond(MysqlGtidSet::parse(own)).text();
}

// RESET MASTER throws the whole log away. What is in the log and was never applied by replication would be lost.
bool has_others(const ServerFacts& server) {
  if (server.version.flavour != Flavour::mariadb) return false;
  const MariadbGtidList logged = MariadbGtidList::parse(server.logged);
  const MariadbGtidList beyond = logged.beyond(MariadbGtidList::parse(server.applied));
  return std::any_of(beyond.domains().begin(), beyond.domains().end(),
                     [&](const auto& each) { return each.second.server != server.server_id; });
}

std::uint64_t count_of(const ServerFacts& server, const std::string& own) {
  return GtidPosition::parse(server.version.flavour, own)
      .transactions_beyond(GtidPosition::parse(server.version.flavour, server.applied));
}

bool can_be_reset(const ServerFacts& server) {
  if (!server.read_only || !server.super_read_only || !server.by_gtid || !server.replica) return false;
  const ReplicaStatus& replica = *server.replica;
  return !replica.io.running && !replica.io.connecting && !replica.sql.running;
}

}  // namespace

bool is_log_read(MysqlClient& client, const Dialect& dialect) {
  const auto rows = client.query(dialect.processes());
  return std::any_of(rows.begin(), rows.end(), [](const Row& row) {
    const std::string command = text_of(row, "Command");
    return command.starts_with("Binlog Dump") || command == "clone";
  });
}

HealingPlan plan_healing(const OwnActs& acts) {
  if (acts.own.empty()) return {.action = HealingAction::nothing};
  HealingPlan plan{.action = HealingAction::hold};
  for (const LoggedTransaction& each : acts.transactions) {
    if (each.act == LoggedAct::changed) {
      plan.changed = each.gtid + (each.subject.empty() ? "" : " (" + each.subject + ")");
      return plan;
    }
    if (each.act == LoggedAct::emptied &&
        std::find(plan.emptied.begin(), plan.emptied.end(), each.subject) == plan.emptied.end())
      plan.emptied.push_back(each.subject);
  }
  if (!acts.judged.empty() && !acts.found) {
    if (!acts.read) plan.action = HealingAction::read;
    return plan;
  }
  plan.harmless = acts.log_is_read;
  if (!acts.log_is_read) plan.action = HealingAction::heal;
  return plan;
}

void Healing::note_clean(const ServerFacts& server) {
  log_.reset();
  clean_.reset();
  if (!server.log_file.empty()) clean_ = Place{.file = server.log_file, .offset = server.log_offset};
}

// The newest file that begins before all own transactions.
Healing::Place Healing::first_place(MysqlClient& client, const Dialect& dialect) {
  const auto files = log_files(client, dialect);
  from_clean_ = clean_ && std::find(files.begin(), files.end(), clean_->file) != files.end();
  if (from_clean_) return *clean_;
  Place place;
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    place = {.file = *file, .offset = first_event};
    for (const Row& row : client.query(dialect.log_events(*file, first_event, 3))) {
      const LogEvent event = event_of(row);
      const bool head = event.type == "Gtid_list" || event.type == "Previous_gtids";
      if (head && !log_->has_before(event)) return place;
    }
  }
  return place;
}

// Whether the log was read to its end.
bool Healing::read_log(MysqlClient& client, const ServerFacts& server, const std::string& judged,
                       const std::string& accepted) {
  const Dialect dialect(server.version);
  if (!log_ || log_->own() != judged) {
    log_.emplace(server, judged, accepted);
    read_ = false;
    at_ = first_place(client, dialect);
  }
  for (int reads = 0; !read_ && reads < reads_of_a_look; ++reads) {
    const auto rows = client.query(dialect.log_events(at_.file, at_.offset, events_at_once));
    for (const Row& row : rows) {
      log_->add(event_of(row));
      at_.offset = std::stoull("0" + text_of(row, "End_log_pos"));
    }
    if (rows.size() == events_at_once) continue;
    const auto files = log_files(client, dialect);
    const auto file = std::find(files.begin(), files.end(), at_.file);
    if (file != files.end() && file + 1 != files.end()) {
      at_ = {.file = *(file + 1), .offset = first_event};
      continue;
    }
    log_->end();
    read_ = true;
    // The look that found the log clean read its position a moment later: a transaction may lie between.
    if (log_->complete() || !from_clean_) break;
    clean_.reset();
    log_.emplace(server, judged, accepted);
    read_ = false;
    at_ = first_place(client, dialect);
  }
  return read_;
}

OwnActs Healing::acts(MysqlClient& client, const std::string& of_primary, const PodView& view) {
  const std::string accepted = accepted_here(*view.server, view.state->accepted, of_primary);
  OwnActs out{.own = own_beside_primary(*view.server, of_primary), .judged = own_transactions(*view.server, accepted)};
  if (!out.judged.empty()) {
    out.read = read_log(client, *view.server, out.judged, accepted);
    out.found = out.read && log_->complete();
    out.transactions = log_->transactions();
    for (LoggedTransaction& each : out.transactions)
      if (each.act == LoggedAct::emptied && keeps_rows(client, Dialect(view.server->version), each.subject))
        each.act = LoggedAct::changed;
  }
  out.log_is_read = !out.own.empty() && is_log_read(client, Dialect(view.server->version));
  return out;
}

bool Healing::go_on(MysqlClient& client, const DataDir& dir, PodView& view) {
  AgentState& state = *view.state;
  if (state.healing.empty()) return false;
  const Dialect dialect(view.server->version);
  const auto has = GtidPosition::parse(view.server->version.flavour, view.server->executed);
  if (!has.covers(GtidPosition::parse(view.server->version.flavour, state.healing))) {
    client.execute(dialect.stop_replica());
    client.execute(dialect.begin_log_at(state.healing));
    log_event(LogLevel::info, component::sidecar, "set the position of a replica whose healing was cut short",
              {{"position", state.healing}});
  }
  state.healing.clear();
  write_state(dir, state);
  view.server = read_server_facts(client);
  return true;
}

HealingAction Healing::look(MysqlClient& client, const DataDir& dir, const std::string& of_primary, PodView& view,
                            Hold& found) {
  try {
    HealingPlan plan = plan_healing(acts(client, of_primary, view));
    could_heal_ = view.pause && plan.action == HealingAction::heal;
    if (could_heal_) plan.action = HealingAction::read;
    if (plan.action == HealingAction::heal) {
      if (std::chrono::steady_clock::now() < next_try_) plan.action = HealingAction::hold;
      else plan = heal(client, dir, of_primary, view);
    }
    found.detail = plan.changed;
    found.harmless = plan.harmless;
    found.init_file = !view.server->init_file.empty();
    return plan.action;
  } catch (...) {
    log_.reset();
    throw;
  }
}

// The lock keeps all other clients from writing, so that no transaction goes with the log unjudged.
HealingPlan Healing::heal(MysqlClient& client, const DataDir& dir, const std::string& of_primary, PodView& view) {
  const Dialect dialect(view.server->version);
  next_try_ = std::chrono::steady_clock::now() + try_again;
  client.execute(dialect.stop_replica());
  try {
    for (const std::string& statement : dialect.lock_writes()) client.execute(statement);
  } catch (const SqlError& error) {
    // A client's statement runs longer than the lock may wait: the next try comes later.
    if (error.number() != server_error::lock_wait_timeout) throw;
    return {.action = HealingAction::hold};
  }
  const HealingPlan plan = heal_locked(client, dir, of_primary, view);
  for (const std::string& statement : dialect.unlock_writes()) client.execute(statement);
  // MariaDB's SQL thread may have stopped at these transactions, and shows that error until its next start.
  if (plan.action == HealingAction::heal) client.execute(dialect.start_applier());
  view.server = read_server_facts(client);
  return plan;
}

// Between the two statements a MySQL server has no position at all. The state has the position by then, see go_on.
HealingPlan Healing::heal_locked(MysqlClient& client, const DataDir& dir, const std::string& of_primary,
                                 PodView& view) {
  const Dialect dialect(view.server->version);
  view.server = read_server_facts(client);
  const OwnActs now = acts(client, of_primary, view);
  HealingPlan plan = plan_healing(now);
  if (plan.action != HealingAction::heal) return plan;
  if (!can_be_reset(*view.server) || has_others(*view.server)) return {.action = HealingAction::hold};
  AgentState& state = *view.state;
  const std::string position = position_without(*view.server, now.own);
  // After a kill between the next two statements MariaDB's new log does not know what was before it: the state does.
  state.position = {.gtid = position, .binlog_file = ""};
  if (view.server->version.flavour == Flavour::mysql) state.healing = position;
  for (const std::string& table : plan.emptied)
    if (std::find(state.emptied.begin(), state.emptied.end(), table) == state.emptied.end())
      state.emptied.push_back(table);
  write_state(dir, state);
  crash_point("healing.written");
  client.execute(dialect.reset_log());
  crash_point("healing.reset");
  if (!position.empty()) client.execute(dialect.begin_log_at(position));
  crash_point("healing.positioned");
  state.healing.clear();
  // The accepted transactions are gone, and the server may give out their numbers again.
  state.accepted.clear();
  write_state(dir, state);
  const std::uint64_t count = count_of(*view.server, now.own);
  healed_ += count;
  next_try_ = {};
  log_.reset();
  clean_.reset();
  log_event(LogLevel::info, component::sidecar, "healed this replica of its own transactions, which changed nothing",
            {{"gtids", now.own}, {"transactions", count}, {"position", position}});
  for (const std::string& table : plan.emptied)
    log_event(LogLevel::warning, component::sidecar, "found a MEMORY table that a restart of the server has emptied",
              {{"table", table}});
  return plan;
}

}  // namespace mysql_agent
