#include "agent/pod/deviation.hpp"
namespace mysql_agent {

const char* deviation_name(DeviationKind kind) {
  switch (kind) {
    case DeviationKind::binlog_format: return "binlog_format";
    case DeviationKind::log_bin: return "log_bin";
    case DeviationKind::log_replica_updates: return "log_replica_updates";
    case DeviationKind::gtid_strict_mode: return "gtid_strict_mode";
    case DeviationKind::read_only: return "read_only";
    case DeviationKind::server_id: return "server_id";
    case DeviationKind::clone_plugin: return "clone_plugin";
    case DeviationKind::engine: return "engine";
    case DeviationKind::sync_binlog: return "sync_binlog";
    case DeviationKind::flush_log: return "flush_log";
    case DeviationKind::channel: return "channel";
    case DeviationKind::password: return "password";
  }
  return "";
}

std::optional<DeviationKind> deviation_kind_of(std::string_view name) {
  for (const DeviationKind kind : all_deviation_kinds)
    if (name == deviation_name(kind)) return kind;
  return std::nullopt;
}

std::string deviation_text(const Deviation& deviation) {
  const std::string& detail = deviation.detail;
  switch (deviation.kind) {
    case DeviationKind::binlog_format:
      return "binlog_format is STATEMENT: a statement may do something else on a replica than it did here";
    case DeviationKind::log_bin: return "log_bin is OFF: nobody can follow this server, nor clone it";
    case DeviationKind::log_replica_updates:
      return detail + " is OFF: the binary log lacks what came by replication, and nobody clones this pod";
    case DeviationKind::gtid_strict_mode:
      return "gtid_strict_mode is OFF: a replica does not notice that transactions are missing";
    case DeviationKind::read_only: return detail + " is OFF: what this replica writes itself differs from the primary";
    case DeviationKind::server_id:
      return "server_id is " + detail + ", and so is the primary's: a server throws away events of its own id";
    case DeviationKind::clone_plugin:
      return detail.empty() ? "the clone plugin is not installed: nobody clones this pod by it"
                            : "the account for the clone plugin is missing: nobody clones this pod by it";
    case DeviationKind::engine:
      return "MySQL's clone plugin copies InnoDB tables alone, and these are others: " + detail;
    case DeviationKind::sync_binlog:
      return "sync_binlog is not 1: a crash of the machine may take transactions out of the log that the data has";
    case DeviationKind::flush_log:
      return "innodb_flush_log_at_trx_commit is not 1: a crash may take transactions that replicas have";
    case DeviationKind::channel: return detail;
    case DeviationKind::password:
      return "the server has not got the agent's new password yet, and took the previous one";
  }
  return "";
}

std::string deviation_way_out(DeviationKind kind) {
  switch (kind) {
    case DeviationKind::binlog_format: return "say binlog_format=ROW, or leave it out, and let the server start anew";
    case DeviationKind::log_bin:
    case DeviationKind::log_replica_updates:
      return "leave the option out of primary.cnf and replica.cnf, and start the pod again";
    case DeviationKind::sync_binlog: return "say sync_binlog=1 in primary.cnf, and SET GLOBAL sync_binlog = 1";
    case DeviationKind::flush_log:
      return "leave innodb_flush_log_at_trx_commit out of primary.cnf, and SET GLOBAL innodb_flush_log_at_trx_commit = "
             "1";
    case DeviationKind::gtid_strict_mode: return "leave the option out of replica.cnf; the sidecar switches it on";
    case DeviationKind::read_only: return "leave it to the sidecar, which switches it on";
    case DeviationKind::server_id:
      return "find where server_id is set beside init-mysql: primary.cnf, replica.cnf, or a persisted variable "
             "(RESET PERSIST server_id); then start the pod again";
    case DeviationKind::clone_plugin:
      return "look at the log of the primary's sidecar, which installs the plugin and makes the account; on this pod "
             "plugin_load_add=mysql_clone.so in its option file";
    case DeviationKind::engine: return "ALTER TABLE ... ENGINE=InnoDB on the primary, or use a backup tool";
    case DeviationKind::channel:
      return "look at that source and at its account; or forget it, RESET REPLICA ALL for it";
    case DeviationKind::password:
      return "change it on the primary, if that is still to do; a replica gets it by replication. Keep the previous "
             "password in its file until no pod says this";
  }
  return "";
}

}  // namespace mysql_agent
