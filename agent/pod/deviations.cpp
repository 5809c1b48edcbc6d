#include "agent/pod/deviations.hpp"

#include "agent/pod/verdict.hpp"

namespace mysql_agent {
namespace {

std::string names_text(const std::vector<std::string>& names, std::uint64_t count) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  if (count > names.size()) out += " and " + std::to_string(count - names.size()) + " more";
  return out;
}

std::string primary_source_text(const ReplicaStatus& source) {
  const std::string& error = source.sql.error.empty() ? source.io.error : source.sql.error;
  return "the primary's source outside the set, " + source.source_host + ":" + std::to_string(source.source_port) +
         ", does not run" + (error.empty() ? "" : ": " + error);
}

}  // namespace

std::vector<Deviation> deviations_of(const PodView& view) {
  std::vector<Deviation> out;
  if (view.told_deviations) return *view.told_deviations;
  if (!view.server) return out;
  const ServerFacts& server = *view.server;
  const auto add = [&](bool differs, DeviationKind kind, const std::string& detail = "") {
    if (differs) out.push_back({kind, detail});
  };
  const bool replica = view.role == Role::replica;
  add(server.binlog_format == "STATEMENT", DeviationKind::binlog_format);
  add(!server.log_bin, DeviationKind::log_bin);
  add(replica && server.log_bin && !server.logs_replicated, DeviationKind::log_replica_updates,
      Dialect(server.version).logs_replicated_option());
  add(replica && !server.gtid_strict, DeviationKind::gtid_strict_mode);
  add(replica && (!server.read_only || !server.super_read_only), DeviationKind::read_only,
      server.read_only ? "super_read_only" : "read_only");
  add(replica && view.primary_server_id != 0 && server.server_id == view.primary_server_id, DeviationKind::server_id,
      std::to_string(server.server_id));
  // A primary's sidecar sees to both once the server takes writes.
  const bool wanted = view.plugin_wanted && (replica || !server.read_only);
  add(wanted && !server.clone_plugin, DeviationKind::clone_plugin);
  add(wanted && server.clone_plugin && !view.clone_account, DeviationKind::clone_plugin, "account");
  add(view.previous_password, DeviationKind::password);
  add(view.uncopied_table_count > 0, DeviationKind::engine,
      names_text(view.uncopied_tables, view.uncopied_table_count));
  add(!replica && !server.syncs_log, DeviationKind::sync_binlog);
  add(!replica && !server.syncs_data, DeviationKind::flush_log);
  for (const OtherChannel& channel : server.other_channels)
    add(!channel.running, DeviationKind::channel, other_channel_text(channel));
  // A source that a person gave to the primary; what it takes back from another pod it takes before it opens.
  if (!replica && server.replica && !server.read_only) {
    const ReplicaStatus& outside = *server.replica;
    add(!outside.io.running || !outside.sql.running, DeviationKind::channel, primary_source_text(outside));
  }
  return out;
}

}  // namespace mysql_agent
