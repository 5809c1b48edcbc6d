#include "agent/http_endpoints.hpp"

#include "agent/status.hpp"

namespace mysql_agent {
namespace http = boost::beast::http;
namespace {

// A look blocks as long as a server that hangs does: an old one says nothing any more.
constexpr std::chrono::seconds stale_after{15};

Verdict current_verdict(const ProbeFacts& facts, std::chrono::seconds max_lag) {
  Verdict verdict = judge(*facts.view, max_lag);
  if (verdict.ready && facts.stopping) return {false, "the sidecar is shutting down", verdict.replication};
  if (verdict.ready && std::chrono::steady_clock::now() - facts.taken > stale_after)
    return {false, "the server has not answered for a while", verdict.replication};
  return verdict;
}

}  // namespace

HttpReply answer_probe(const HttpRequest& request, const ProbeFacts& facts, std::chrono::seconds max_lag) {
  HttpReply reply;
  if (request.path == "/livez") {
    reply.body = "ok\n";
  } else if (request.path == "/readyz") {
    const Verdict verdict = current_verdict(facts, max_lag);
    if (!verdict.ready) reply.status = http::status::service_unavailable;
    reply.body = verdict.reason + "\n";
  } else if (request.path == "/status") {
    reply.content_type = "application/json";
    reply.body = status_json(*facts.view, current_verdict(facts, max_lag));
  } else {
    reply.status = http::status::not_found;
    reply.body = "there is /livez, /readyz and /status\n";
  }
  return reply;
}

}  // namespace mysql_agent
