#include "agent/http_endpoints.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/pod_view.hpp"

using namespace mysql_agent;
using namespace std::chrono_literals;
using test::ready_replica;

namespace {

HttpReply answer(const std::string& path, const PodView& view, std::chrono::seconds age = 0s, bool stopping = false) {
  HttpRequest request;
  request.path = path;
  return answer_probe(request, {&view, std::chrono::steady_clock::now() - age, stopping}, 30s);
}

void check(const HttpReply& reply, unsigned status, const std::string& body) {
  CHECK(static_cast<unsigned>(reply.status) == status);
  CHECK(reply.body == body);
}

}  // namespace

TEST_CASE("a ready pod says so") {
  check(answer("/livez", ready_replica()), 200, "ok\n");
  check(answer("/readyz", ready_replica()), 200, "ok\n");
}

TEST_CASE("liveness depends on neither replication nor server") {
  PodView view = ready_replica();
  view.server->replica->sql.running = false;
  check(answer("/livez", view), 200, "ok\n");
  view.server.reset();
  check(answer("/livez", view, 3600s, true), 200, "ok\n");
}

TEST_CASE("readiness says its reason") {
  PodView view = ready_replica();
  view.server->replica->sql.running = false;
  check(answer("/readyz", view), 503, "the SQL thread is stopped\n");
  check(answer("/readyz", view, 0s, true), 503, "the SQL thread is stopped\n");
  check(answer("/readyz", ready_replica(), 0s, true), 503, "the sidecar is shutting down\n");
  check(answer("/readyz", ready_replica(), 10s), 200, "ok\n");
  check(answer("/readyz", ready_replica(), 60s), 503, "the server has not answered for a while\n");
}

TEST_CASE("the status is JSON, and agrees with readiness") {
  const HttpReply ready = answer("/status", ready_replica());
  CHECK(ready.content_type == "application/json");
  CHECK(ready.body.find("\"ready\": true") != std::string::npos);
  CHECK(answer("/status", ready_replica(), 60s).body.find("\"ready\": false") != std::string::npos);
}

TEST_CASE("another path is not found") {
  CHECK(static_cast<unsigned>(answer("/", ready_replica()).status) == 404);
  CHECK(static_cast<unsigned>(answer("/livez/x", ready_replica()).status) == 404);
}
