#include "agent/donor/fitness.hpp"

#include <cstdlib>

#include "agent/pod/deviations.hpp"
#include "common/server/dialect.hpp"
#include "common/server/gtid.hpp"

namespace mysql_agent {
namespace {

// Both times of a start are exact to a second.
constexpr std::int64_t started_exact_to = 2;

std::string uncopied_tables(const PodView& view) {
  for (const Deviation& deviation : deviations_of(view))
    if (deviation.kind == DeviationKind::engine)
      return deviation_text(deviation) + "; " + deviation_way_out(deviation.kind);
  return "";
}

std::string outside_files(const PodView& view) {
  if (view.outside_file_count == 0) return "";
  std::string names;
  for (const std::string& name : view.outside_files) names += (names.empty() ? "" : ", ") + name;
  if (view.outside_file_count > view.outside_files.size())
    names += " and " + std::to_string(view.outside_file_count - view.outside_files.size()) + " more";
  return "files of its server lie outside of the data directory, and the clone plugin would write to the same paths "
         "here: " +
         names + "; make those tables and tablespaces anew without DATA DIRECTORY and absolute paths";
}

std::string no_clone_plugin(const PodView& view) {
  if (!view.server->clone_plugin)
    return "the clone plugin is not installed on its server: the primary's sidecar installs it where "
           "--clone-password-file is given, and "
           "clones bring it along; on another replica say plugin_load_add=mysql_clone.so in replica.cnf";
  if (view.role == Role::replica && !view.server->by_gtid)
    return "its server has gtid_mode=OFF, and a clone by the plugin would hold a replica's own position: only the "
           "primary can be cloned";
  if (!view.clone_account)
    return "its server has no account for the clone plugin: the primary's sidecar makes it, from --clone-user and "
           "--clone-password-file";
  if (const std::string outside = outside_files(view); !outside.empty()) return outside;
  return uncopied_tables(view);
}

std::string no_tool(const PodView& view, const std::optional<BackupTool>& tool) {
  return tool ? tool_mismatch(*tool, view.server->version).value_or("") : "it has no backup tool in PATH";
}

// The GTIDs that a replica has received and not executed: a clone of it would lack them.
std::string unapplied(const ServerFacts& server) {
  if (!server.by_gtid || !server.replica) return "";
  try {
    const auto received = GtidPosition::parse(server.version.flavour, server.replica->received.gtid);
    return received.beyond(GtidPosition::parse(server.version.flavour, server.executed)).text();
  } catch (const Error&) {
    return "";  // the position is unreadable
  }
}

// Why the data or the binary log of a server lacks something, though the server does its work.
std::string incomplete(const PodView& view) {
  if (const std::string filters = filters_of(*view.server, view.state); !filters.empty())
    return "its server leaves something out: " + filters;
  if (view.role == Role::replica && !view.server->logs_replicated)
    return "its server has " + Dialect(view.server->version).logs_replicated_option() +
           "=OFF: its binary log lacks what came by replication";
  return "";
}

}  // namespace

EngineOffer offer_engine(const PodView& view, EngineChoice choice, const std::optional<BackupTool>& tool) {
  if (!view.server) return {std::nullopt, "its server does not answer"};
  if (wants_clone_plugin(choice, tool, view.server->version)) {
    std::string why_not = no_clone_plugin(view);
    if (why_not.empty()) return {Engine::clone_plugin, ""};
    if (choice == EngineChoice::automatic) why_not = no_tool(view, tool) + ", and " + why_not;
    return {std::nullopt, why_not};
  }
  if (choice == EngineChoice::clone_plugin)
    return {std::nullopt, "--engine clone-plugin is set, and its server is " + view.server->version.text() +
                              ": the plugin is MySQL's, from 8.0.17 on"};
  const std::string why_not = no_tool(view, tool);
  if (!why_not.empty()) return {std::nullopt, why_not};
  return {Engine::xtrabackup, "", choice == EngineChoice::automatic && no_clone_plugin(view).empty()};
}

std::string log_start_of(const PodView& view) {
  const std::string& of_log = view.server->log_start;
  const bool cloned = view.state && view.state->origin == Origin::clone;
  if (view.server->version.flavour != Flavour::mariadb || !cloned) return of_log;
  const std::string& of_clone = view.state->position.gtid;
  if (of_log.empty() || of_clone.empty()) return of_log + of_clone;
  return MariadbGtidList::parse(of_log + "," + of_clone).text();  // the later GTID of each domain
}

DonorInfo judge_donor(const PodView& view, EngineChoice choice, const std::optional<BackupTool>& tool,
                      std::chrono::seconds max_lag) {
  DonorInfo info;
  info.pod = view.pod.name;
  info.role = view.role;
  if (view.state) {
    info.set_id = view.state->set_id;
    info.recoveries = view.state->recoveries;
  }
  info.paused = view.pause.has_value();
  if (view.hold) info.held = hold_kind_name(kind_of(view.hold->cause));
  if (view.role == Role::primary) info.open = view.open;
  info.own = view.own;
  info.disabled_events = view.disabled_events;
  if (tool) {
    info.tool_name = tool->name;
    info.tool_version = tool->version.number();
  }
  const EngineOffer offer = offer_engine(view, choice, tool);
  if (offer.engine) info.engines = {engine_name(*offer.engine)};
  if (offer.plugin_too) info.engines.push_back(engine_name(Engine::clone_plugin));
  const Verdict verdict = judge(view, {max_lag, {}});
  info.replication_state = replication_state_name(verdict.replication);
  if (view.server) {
    info.server = view.server->version;
    info.server_uuid = view.server->uuid;
    info.server_id = view.server->server_id;
    info.filters = filters_of(*view.server, view.state);
    info.by_gtid = view.server->by_gtid;
    info.page_plugins = view.server->page_plugins;
    info.server_port = view.server->port;
    if (view.server->page_size != 0) {
      info.lower_case_table_names = view.server->lower_case_table_names;
      info.page_size = view.server->page_size;
    }
    info.position = view.server->executed;
    info.applied = view.server->applied;
    info.unapplied = unapplied(*view.server);
    info.log_start = log_start_of(view);
    if (view.server->replica) {
      if (const auto behind = time_behind(view))
        info.lag_seconds =
            static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(*behind).count());
      const auto& replica = *view.server->replica;
      info.replication_error = replica.sql.error.empty() ? replica.io.error : replica.sql.error;
    }
  }
  info.bytes = view.data_bytes;
  info.has_data = view.server && view.state && is_settled(view.state->state);
  const auto add = [&](const std::string& why_not) {
    if (!why_not.empty()) info.reason += (info.reason.empty() ? "" : "; and ") + why_not;
  };
  // The reason of a verdict tells of a pause too.
  if (!verdict.ready()) add(verdict.reason);
  else if (view.pause) add(paused_text(*view.pause, nullptr));
  if (view.server) {
    if (!offer.engine) add(offer.why_not);
    else if (!view.server->log_bin) add("its server has no binary log: a clone would have no position");
    add(incomplete(view));
  }
  info.fit = info.reason.empty();
  return info;
}

std::string why_worthless(const PodView& before, const PodView& after, bool recovery) {
  if (!after.server) return "the donor's server does not answer any more";
  if (!before.server || std::abs(after.server->started - before.server->started) > started_exact_to)
    return "the donor's server was started anew meanwhile";
  if (!after.state || !is_settled(after.state->state)) return "the donor's data is not settled any more";
  if (before.state && !before.state->set_id.empty() && after.state->set_id != before.state->set_id)
    return "the donor's data is of another set now";
  if (!after.own.empty() && after.own != before.own)
    return "the donor wrote transactions of its own meanwhile: " + after.own;
  if (after.server->filters != before.server->filters && !after.server->filters.empty())
    return "the donor's server leaves something out now: " + after.server->filters;
  if (recovery || !after.hold) return "";
  const HoldKind kind = kind_of(after.hold->cause);
  if (kind != HoldKind::diverged && kind != HoldKind::other_set) return "";
  return "the donor is on hold now: " + hold_text(*after.hold);
}

}  // namespace mysql_agent
