#include "agent/donor_fitness.hpp"

namespace mysql_agent {

DonorInfo judge_donor(const PodView& view, const std::optional<BackupTool>& tool, std::chrono::seconds max_lag) {
  DonorInfo info;
  info.pod = view.pod.name;
  info.role = view.role;
  if (tool) {
    info.tool_name = tool->name;
    info.tool_version = tool->version.number();
    info.engines = {"xtrabackup"};
  }
  const Verdict verdict = judge(view, max_lag);
  info.replication_state = verdict.replication;
  if (view.server) {
    info.server = view.server->version;
    info.server_uuid = view.server->uuid;
    info.position = view.server->executed;
    if (view.server->replica) {
      info.lag_seconds = view.server->replica->lag_seconds;
      const auto& replica = *view.server->replica;
      info.replication_error = replica.sql.error.empty() ? replica.io.error : replica.sql.error;
    }
  }
  info.bytes = view.data_bytes;
  info.has_data = view.server && view.state && is_settled(view.state->state);
  if (!verdict.ready) info.reason = verdict.reason;
  else if (!tool) info.reason = "it has no backup tool in PATH";
  else if (!tool->version.same_series(info.server))
    info.reason = "its backup tool is for " + tool->version.text() + ", its server is " + info.server.text();
  else if (!view.server->log_bin) info.reason = "its server has no binary log: a clone would have no position";
  info.fit = info.reason.empty();
  return info;
}

}  // namespace mysql_agent
