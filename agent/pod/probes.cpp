#include "agent/pod/probes.hpp"

#include "agent/pod/metrics.hpp"
#include "agent/pod/status_report.hpp"
#include "common/base/units.hpp"

namespace mysql_agent {
namespace http = boost::beast::http;
namespace {

Verdict current_verdict(const ProbeFacts& facts, const ReadyLimits& limits) {
  Verdict verdict = judge(*facts.view, limits);
  if (verdict.ready() && facts.stopping)
    return {Readiness::shutting_down, verdict.replication, "the sidecar is shutting down"};
  if (verdict.ready() && std::chrono::steady_clock::now() - facts.taken > stale_after)
    return {Readiness::look_is_old, verdict.replication, "the server has not answered for a while"};
  return verdict;
}

// Depends on the server alone: no container may be killed because of its role, its replication or the agent's password.
// A crash recovery is never given up here, for nobody knows how long it takes. The startupProbe's failureThreshold
// limits it.
std::string why_not_started(const ProbeFacts& facts) {
  const PodView& view = *facts.view;
  if (view.server_answers)
    return std::chrono::steady_clock::now() - facts.taken > stale_after ? "the server has not answered for a while"
                                                                        : "";
  std::string reason = "the server does not answer yet: " + view.server_error;
  if (view.state && !is_settled(view.state->state))
    reason += "; a clone is unfinished: the data's state is " + std::string(state_name(view.state->state));
  return reason;
}

std::string metrics_of(const ProbeFacts& facts, const ReadyLimits& limits) {
  const Verdict verdict = current_verdict(facts, limits);
  MetricFacts metrics{*facts.view, verdict, std::nullopt, limits.max_lag, {}, facts.clone_slots, {}};
  if (facts.taken != std::chrono::steady_clock::time_point()) metrics.look_age = since(facts.taken);
  if (facts.clones != nullptr) metrics.clones = *facts.clones;
  if (facts.refused_connections != nullptr) metrics.refused_connections = *facts.refused_connections;
  if (facts.own_clone != nullptr) metrics.own_clone = *facts.own_clone;
  return metrics_text(metrics);
}

}  // namespace

HttpReply answer_probe(const HttpRequest& request, const ProbeFacts& facts, const ReadyLimits& limits) {
  HttpReply reply;
  if (request.path == "/livez") {
    reply.body = "ok\n";
  } else if (request.path == startup_path) {
    const std::string reason = why_not_started(facts);
    if (!reason.empty()) reply.status = http::status::service_unavailable;
    reply.body = (reason.empty() ? "ok" : reason) + "\n";
  } else if (request.path == "/readyz") {
    const Verdict verdict = current_verdict(facts, limits);
    if (!verdict.ready()) reply.status = http::status::service_unavailable;
    reply.body = verdict.reason + "\n";
  } else if (request.path == status_path) {
    reply.content_type = "application/json";
    reply.body = status_json(*facts.view, current_verdict(facts, limits));
  } else if (request.path == metrics_path) {
    reply.content_type = metrics_content_type;
    reply.body = metrics_of(facts, limits);
  } else {
    reply.status = http::status::not_found;
    reply.body = "there is /livez, /startupz, /readyz, /status and /metrics\n";
  }
  return reply;
}

}  // namespace mysql_agent
