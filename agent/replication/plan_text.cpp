#include "agent/replication/plan.hpp"

namespace mysql_agent {
namespace {

std::string thread_text(const char* name, const ReplicationThread& thread) {
  return std::string("the ") + name + " thread stopped" +
         (!thread.failed() ? "" : " with error " + std::to_string(thread.error_number) + ": " + thread.error);
}

std::string source_text(const ReplicaStatus& replica) {
  return "the server replicates from " + replica.source_user + "@" + replica.source_host + ":" +
         std::to_string(replica.source_port) + (replica.by_gtid ? "" : ", not by GTID") +
         (replica.connects_again ? ", and connects again by itself" : "");
}

}  // namespace

std::string plan_reason_text(PlanReason reason, const std::optional<ReplicaStatus>& replica) {
  const ReplicaStatus known = replica.value_or(ReplicaStatus());
  switch (reason) {
    case PlanReason::is_primary: return "the pod is the primary";
    case PlanReason::no_source: return "no source is set";
    case PlanReason::doubtful_relay_log: return "the relay log may hold events of another set";
    case PlanReason::other_source: return source_text(known);
    case PlanReason::login_refused: return "the source refused the login";
    case PlanReason::old_log: return "the server's binary log is older than its copy of the data";
    case PlanReason::source_without_tls: return "the source offers no TLS";
    case PlanReason::source_of_the_donor: return "the source came with the clone";
    case PlanReason::set_without_tls: return thread_text("I/O", known.io) + "; the source was set without TLS";
    case PlanReason::receiver_stopped: return thread_text("I/O", known.io);
    case PlanReason::applier_stopped: return thread_text("SQL", known.sql);
    case PlanReason::runs: return "replication runs";
  }
  return "";
}

}  // namespace mysql_agent
