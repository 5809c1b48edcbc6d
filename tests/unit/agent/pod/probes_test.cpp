#include "agent/pod/probes.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/pod_view.hpp"

using namespace mysql_agent;
using namespace std::chrono_literals;
using test::ready_replica;

namespace {

HttpReply answer(const std::string& path, const PodView& view, std::chrono::seconds age = 0s, bool stopping = false) {
  HttpRequest request;
  request.path = path;
  return answer_probe(request, {&view, std::chrono::steady_clock::now() - age, stopping}, {30s, 0s});
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

TEST_CASE("a server has started when it answers, whatever it says") {
  check(answer("/startupz", ready_replica()), 200, "ok\n");
  PodView view = ready_replica();
  view.server->replica->sql.running = false;
  view.hold = test::hold_of(HoldKind::state);
  check(answer("/startupz", view), 200, "ok\n");
  check(answer("/startupz", view, 0s, true), 200, "ok\n");
  // It is up, though it does not let the agent in: no reason to kill it.
  PodView refused = ready_replica();
  refused.server.reset();
  refused.server_error = "1045 access denied";
  check(answer("/startupz", refused), 200, "ok\n");
  check(answer("/readyz", refused), 503, "the server does not answer: 1045 access denied\n");
}

TEST_CASE("a server that has not started yet says what is known") {
  PodView view = ready_replica();
  view.server.reset();
  view.server_answers = false;
  view.server_error = "2002 connection refused";
  check(answer("/startupz", view), 503, "the server does not answer yet: 2002 connection refused\n");
  view.state->state = DataState::publishing;
  check(answer("/startupz", view), 503,
        "the server does not answer yet: 2002 connection refused; a clone is unfinished: the data's state is "
        "publishing\n");
  view.state.reset();
  check(answer("/startupz", view, 3600s), 503, "the server does not answer yet: 2002 connection refused\n");
  check(answer("/livez", view, 3600s), 200, "ok\n");
  check(answer("/startupz", ready_replica(), 60s), 503, "the server has not answered for a while\n");
}

TEST_CASE("the metrics are told in Prometheus' format, with what the clone port did") {
  const PodView view = ready_replica();
  CloneCounters clones;
  clones.served = 3;
  const std::map<std::string, std::uint64_t> refused{{"it has no secret", 2}};
  HttpRequest request;
  request.path = "/metrics";
  const HttpReply reply =
      answer_probe(request, {&view, std::chrono::steady_clock::now(), false, &clones, 2, &refused}, {30s, 0s});
  CHECK(static_cast<unsigned>(reply.status) == 200);
  CHECK(reply.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK_THAT(reply.body,
             Catch::Contains("\nmysql_agent_clones_served_total 3\n") &&
                 Catch::Contains("\nmysql_agent_clone_slots 2\n") &&
                 Catch::Contains("\nmysql_agent_look_age_seconds 0") &&
                 Catch::Contains("\nmysql_agent_clone_connections_refused_total{reason=\"it has no secret\"} 2\n"));
  CHECK_THAT(answer("/metrics", view, 60s).body, Catch::Contains("\nmysql_agent_ready 0\n"));
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
