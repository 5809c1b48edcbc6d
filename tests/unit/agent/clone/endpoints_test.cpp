#include "agent/clone/endpoints.hpp"

#include <catch2/catch.hpp>

#include "agent/pod/peer_survey.hpp"
#include "common/base/log.hpp"
#include "common/net/http_client.hpp"
#include "tests/support/captured.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/pod_view.hpp"

using namespace mysql_agent;
using namespace std::chrono_literals;

namespace {

HttpReply answer(const std::string& path, const CloneActivity& activity) {
  HttpRequest request;
  request.path = path;
  return answer_of_clone(request, activity.snapshot());
}

HttpReply donor_answer(const std::string& path, const CloneActivity& activity) {
  HttpRequest request;
  request.path = path;
  return donor_answer_of_clone(request, activity.snapshot());
}

unsigned status(const HttpReply& reply) {
  return static_cast<unsigned>(reply.status);
}

// A port of the kernel's choice, with somebody there as long as this lives.
struct Taken {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor acceptor = listen_on(io, "127.0.0.1", 0);
  std::uint16_t port = acceptor.local_endpoint().port();
};

std::uint16_t free_port() {
  return Taken().port;
}

}  // namespace

TEST_CASE("on the clone port clone-mysql gives nothing, and says whether its pod is empty") {
  CloneActivity activity(test::set_of_replica());
  const auto not_empty = [&] {
    CHECK(status(donor_answer("/v1/donor", activity)) == 503);
    CHECK(donor_answer("/v1/donor", activity).body == "clone-mysql runs, and the pod is not empty\n");
  };
  not_empty();  // it has not looked yet
  const bool knows = GENERATE(false, true);
  const std::vector<KnownData> known{{"mysql-0", "has data at 0-100-5"}};
  activity.enter_empty(std::nullopt, knows ? known : std::vector<KnownData>{});
  // The answer does not repeat what other pods say: they would repeat it in turn.
  activity.wait("no fit donor: mysql-2: it is empty");
  const HttpReply reply = donor_answer("/v1/donor", activity);
  CHECK(status(reply) == 200);
  const DonorInfo info = parse_donor_info(reply.body);
  CHECK(info.empty);
  CHECK(info.knows_of_data == knows);
  CHECK(info.known_data == (knows ? known : std::vector<KnownData>{}));
  CHECK(info.pod == "mysql-1");
  CHECK(info.role == Role::replica);
  CHECK_FALSE(info.fit);
  CHECK_FALSE(info.has_data);
  CHECK(info.set_id.empty());
  CHECK(info.engines.empty());
  CHECK(info.reason == (knows ? "it is empty, and knows of data of its set" : "it is empty"));
  activity.enter(AgentState());
  not_empty();
  CHECK(status(donor_answer("/v1/clone", activity)) == 409);
  CHECK(status(donor_answer("/", activity)) == 404);
}

TEST_CASE("while clone-mysql runs the pod lives, has not started and is not ready, and says why") {
  CloneActivity activity(test::set_of_replica());
  activity.wait("no pod is a fit donor");
  CHECK(status(answer("/livez", activity)) == 200);
  CHECK(status(answer("/startupz", activity)) == 503);
  CHECK(answer("/startupz", activity).body ==
        "the server does not answer yet: clone-mysql waits: no pod is a fit donor\n");
  CHECK(status(answer("/readyz", activity)) == 503);
  CHECK(answer("/readyz", activity).body == "the server does not answer: clone-mysql waits: no pod is a fit donor\n");
  CHECK_THAT(
      answer("/status", activity).body,
      Catch::Contains("\"pod\": \"mysql-1\"") && Catch::Contains("\"ready\": false") &&
          Catch::Contains("\"reason\": \"the server does not answer: clone-mysql waits: no pod is a fit donor\""));
  CHECK(status(answer("/", activity)) == 404);
}

TEST_CASE("the metrics of a running clone-mysql are those of the pod and of its own clone") {
  CloneActivity activity(test::set_of_replica());
  AgentState state;
  state.donor = "mysql-0";
  state.engine = Engine::clone_plugin;
  activity.fail(failed("it broke", "h"));
  activity.enter(state);
  activity.receive("mysql-0", 500).bytes = 100;
  const std::string text = answer("/metrics", activity).body;
  for (const char* line :
       {"state{state=\"cloning\"} 1", "role{role=\"replica\"} 1", "ready 0", "server_up 0", "own_clone_bytes 100",
        "own_clone_expected_bytes 500", "own_clone_info{donor=\"mysql-0\",engine=\"clone-plugin\"} 1",
        "own_clone_failures_total{reason=\"transfer\"} 1", "own_clone_failures_total{reason=\"stalled\"} 0"})
    CHECK_THAT(text, Catch::Contains("\nmysql_agent_" + std::string(line) + "\n"));
  CHECK_THAT(text, Catch::Contains("\nmysql_agent_own_clone_duration_seconds "));
  // It serves no clones and does not replicate: a 0 there would be read as an answer.
  CHECK_THAT(text, !Catch::Contains("mysql_agent_clone") && !Catch::Contains("mysql_agent_replication") &&
                       !Catch::Contains("look_age"));
  activity.begin("prepares the clone");
  CHECK_THAT(answer("/metrics", activity).body, !Catch::Contains("expected_bytes"));
}

TEST_CASE("a port that another one has is a warning, and nothing more") {
  const CloneActivity activity(test::set_of_replica());
  const test::TempDir dir;
  const Taken taken;
  start_log(LogLevel::info, LogFormat::text);
  const test::Captured error(STDERR_FILENO);
  { const CloneEndpoints endpoints(activity, {dir.path()}, {"127.0.0.1", taken.port}, {"no address", 1}, nullptr); }
  const auto lines = test::lines_of(error.text());
  REQUIRE(lines.size() == 2);
  CHECK_THAT(lines[0], Catch::Contains(" warning clone-mysql: went on without answering probes=127.0.0.1:") &&
                           Catch::Contains("Address already in use"));
  CHECK_THAT(lines[1], Catch::Contains("went on without answering clones=\"no address:1\""));
}

TEST_CASE("the endpoints answer from their own thread, and end at once whoever is connected") {
  CloneActivity activity(test::set_of_replica());
  activity.begin("prepares the clone");
  const test::TempDir dir;
  const std::uint16_t port = free_port();
  const std::uint16_t clone_port = free_port();
  const test::Captured quiet(STDERR_FILENO);
  std::optional<CloneEndpoints> endpoints(std::in_place, activity, DataDir{dir.path()},
                                          ListenAddress{"127.0.0.1", port}, ListenAddress{"127.0.0.1", clone_port},
                                          nullptr);
  CHECK(http_get("127.0.0.1", port, "/livez", 5s, nullptr).status == 200);
  CHECK_THAT(http_get("127.0.0.1", port, "/startupz", 5s, nullptr).body,
             Catch::Contains("clone-mysql prepares the clone"));
  PodSet peers = test::set_of_replica();
  peers.peer_host_template = "127.0.0.{ordinal}";
  const PeerFact fact = ask_peer(peers, 1, clone_port, 5s, nullptr);
  CHECK(fact.kind == PeerFact::Kind::silent);
  CHECK(fact.exists);
  CHECK(fact.error == "it answered with HTTP status 503: clone-mysql runs, and the pod is not empty");
  const HttpConnection silent("127.0.0.1", port, 5s, nullptr);
  const auto begin = std::chrono::steady_clock::now();
  endpoints.reset();
  CHECK(std::chrono::steady_clock::now() - begin < 2s);
  CHECK_THROWS_AS(http_get("127.0.0.1", port, "/livez", 5s, nullptr), ConnectError);
  CHECK_THROWS_AS(http_get("127.0.0.1", clone_port, "/v1/donor", 5s, nullptr), ConnectError);
}
