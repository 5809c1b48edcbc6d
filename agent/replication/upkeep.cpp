#include "agent/replication/upkeep.hpp"

#include <algorithm>

#include "agent/replication/plan.hpp"
#include "common/base/component.hpp"
#include "common/base/log.hpp"

namespace mysql_agent {
namespace {

constexpr std::chrono::minutes install_every{5};  // the server logs each failure
constexpr std::chrono::minutes longest_find_pause{1};

// The first names, and how many there are.
std::uint64_t read_names(const std::vector<Row>& rows, std::vector<std::string>& names) {
  names.clear();
  std::uint64_t count = 0;
  for (const Row& row : rows) {
    names.push_back(row.at("name").value_or(""));
    count = std::stoull(row.at("all_of_them").value_or("0"));
  }
  return count;
}

}  // namespace

void Upkeep::look_after_accounts(MysqlClient& client, const PodView& view) {
  if (view.role != Role::primary) return;
  const Dialect dialect(view.server->version);
  for (const ManagedAccount& account : managed_accounts(options_, tool_, view.server->version)) {
    const bool for_clones = account.purpose == ManagedAccount::Purpose::clone;
    if (accounts_.ensure(client, dialect, account))
      log_event(LogLevel::info, component::sidecar,
                std::string("made sure of the account for ") + (for_clones ? "clones" : "replication"),
                {{"user", account.user}});
  }
}

// A replica gets the plugin with its clone. A replica without the plugin stays without it: super_read_only refuses
// INSTALL PLUGIN (error 1290 on 9.7), and lifting super_read_only, however shortly, would let others write. The answer
// of /v1/donor says that the plugin is missing.
void Upkeep::look_after_clone_plugin(MysqlClient& client, PodView& view) {
  const bool has_password = !options_.clone_password.empty();
  if (!keeps_clone_plugin(options_.engine, tool_, view.server->version, has_password)) return;
  view.plugin_wanted = true;
  const Dialect dialect(view.server->version);
  const bool ours = view.state && view.state->state == DataState::primary && !view.server->read_only && !view.pause;
  const auto now = std::chrono::steady_clock::now();
  if (!view.server->clone_plugin && ours && has_password && now >= install_again_) {
    const std::string refusal = install_clone_plugin(client, dialect);
    view.server->clone_plugin = refusal.empty();
    if (!refusal.empty()) install_again_ = now + install_every;
    if (refusal.empty()) log_event(LogLevel::info, component::sidecar, "installed the clone plugin");
    else if (refusal != last_refusal_)
      log_event(LogLevel::warning, component::sidecar, "went on without the clone plugin", {{"error", refusal}});
    last_refusal_ = refusal;
  }
  view.clone_account = !options_.clone_user.empty() && has_clone_account(client, dialect, options_.clone_user);
  if (!view.server->clone_plugin || !view.clone_account) return;
  find_uncopied_tables(client);
  view.uncopied_tables = uncopied_tables_;
  view.uncopied_table_count = uncopied_table_count_;
  view.outside_files = outside_files_;
  view.outside_file_count = outside_file_count_;
}

// The query reads the whole dictionary. So the pauses between two queries grow with the time of the query, up to a
// minute where there are very many tables.
void Upkeep::find_uncopied_tables(MysqlClient& client) {
  const auto begin = std::chrono::steady_clock::now();
  if (begin < find_tables_again_) return;
  uncopied_table_count_ = read_names(client.query(tables_that_clones_leave_empty()), uncopied_tables_);
  outside_file_count_ = read_names(client.query(files_outside_data_dir()), outside_files_);
  const auto end = std::chrono::steady_clock::now();
  find_tables_again_ = end + std::min<std::chrono::steady_clock::duration>(longest_find_pause, (end - begin) * 20);
}

void Upkeep::look_after_position(MysqlClient& client, PodView& view) {
  const std::string position = position_to_tell(*view.server);
  if (position.empty()) return;
  for (const std::string& statement : Dialect(view.server->version).set_position(position)) client.execute(statement);
  log_event(LogLevel::warning, component::sidecar,
            "gave the server the position of its log, which was written under another server id: copies lacked it",
            {{"position", position}, {"without", view.server->told}});
  view.server->told = view.server->applied = position;
}

// A replica that is open at one look alone is left: a person who opens it for one statement closes it again.
void Upkeep::look_after_switches(MysqlClient& client, PodView& view) {
  if (view.role != Role::replica) return;
  ServerFacts& server = *view.server;
  const Dialect dialect(server.version);
  const bool open = !server.read_only || !server.super_read_only;
  if (view.pause) {
    if (open || server.runs_events || !server.gtid_strict) leave_for_pause(view, PausedStep::switches);
    return;
  }
  if (open && was_open_) {
    client.execute(dialect.let_nobody_write());
    log_event(LogLevel::warning, component::sidecar,
              "closed a replica that was opened for writes: what it writes itself differs",
              {{"read_only", server.read_only}, {"super_read_only", server.super_read_only}});
    server.read_only = server.super_read_only = true;
  }
  was_open_ = open && !was_open_;
  if (server.runs_events) {
    client.execute(dialect.run_no_events());
    log_event(LogLevel::warning, component::sidecar,
              "switched event_scheduler off: on a replica each event would write once more");
    server.runs_events = false;
  }
  if (server.gtid_strict) return;
  client.execute(dialect.be_strict());
  log_event(LogLevel::warning, component::sidecar, "switched gtid_strict_mode on again: replication relies on it");
  server.gtid_strict = true;
}

}  // namespace mysql_agent
