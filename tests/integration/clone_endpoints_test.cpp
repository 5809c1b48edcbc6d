#include <atomic>
#include <catch2/catch.hpp>
#include <set>

#include "agent/pod/probes.hpp"
#include "tests/support/fake_donor.hpp"
#include "tests/support/metrics.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
using namespace std::chrono_literals;

TEST_CASE("a running clone tells its progress and its failures on the probes' port", "[stream][family]") {
  TestSet set;
  REQUIRE(set.init(1).exit_code == 0);
  std::filesystem::create_directories(set.data(1));
  const std::string donor = with_length(fit_donor("mysql-0", Role::primary, set.kind().version()));
  const std::string whole = answer_of(complete_stream());
  // The first clone is refused, the second stalls, and the third takes some seconds.
  std::atomic<int> asked = 0;
  const auto answer = [&](const std::string& target) -> std::string {
    if (!target.starts_with("/v1/clone")) return donor;
    const int number = ++asked;
    if (number == 1) return "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";
    return number == 2 ? whole.substr(0, 3000) + '\0' : whole;
  };
  const RawServer server(TestSet::address(0), set.clone_port(), answer, set.tls(),
                         [](const std::string& said) { return said.size() > 4000 ? 1000ms : 0ms; });
  Background clone(set.clone_command(1, {"--stall-timeout", "2s"}), set.dir(1) / "clone.log");
  REQUIRE(eventually(10s, [&] { return set.probe(1, "/livez").status == 200; }));
  CHECK(eventually(20s, [&] { return metric(set, 1, "own_clone_failures_total{reason=\"refused\"}") == "1"; }));
  CHECK(eventually(20s, [&] { return metric(set, 1, "own_clone_failures_total{reason=\"stalled\"}") == "1"; }));
  // The third clone runs.
  REQUIRE(eventually(20s, [&] { return asked == 3 && !metric(set, 1, "own_clone_expected_bytes").empty(); }));
  std::set<std::string> seen;
  REQUIRE(eventually(10s, [&] { return seen.insert(metric(set, 1, "own_clone_bytes")).second && seen.size() == 3; }));
  const HttpAnswer metrics = set.probe(1, "/metrics");
  const HttpAnswer startup = set.probe(1, startup_path);
  const HttpAnswer status = set.probe(1, "/status");
  const Ran all = set.status(1, {"--all"});
  const Ran own = set.status(1);
  const Ran doctor = set.doctor(1);
  CHECK(startup.status == 503);
  CHECK_THAT(startup.body,
             Catch::StartsWith("the server does not answer yet: clone-mysql receives the clone of mysql-0: ") &&
                 Catch::Contains(" of about 10.0 kB (") &&
                 Catch::Contains("; 2 clones failed before, the last one: no byte came from "));
  CHECK(status.status == 200);
  CHECK_THAT(status.body, Catch::Contains("clone-mysql receives the clone of mysql-0: ") &&
                              Catch::Contains("\"state\": \"cloning\""));
  CHECK_THAT(all.output, Catch::Contains("clone-mysql receives the clone of mysql-0: "));
  CHECK_THAT(own.output, Catch::Contains("clone-mysql receives the clone of mysql-0: "));
  CHECK(doctor.exit_code == 1);
  CHECK_THAT(doctor.output, Catch::Contains("clone        it runs: clone-mysql receives the clone of mysql-0: ") &&
                                Catch::Contains("next step    wait: ") && !Catch::Contains("kubectl delete pod"));
  check_by_promtool(metrics.body);
  for (const char* line :
       {"state{state=\"cloning\"} 1", "own_clone_expected_bytes 10000",
        "own_clone_info{donor=\"mysql-0\",engine=\"xtrabackup\"} 1", "own_clone_failures_total{reason=\"refused\"} 1",
        "own_clone_failures_total{reason=\"stalled\"} 1", "own_clone_failures_total{reason=\"transfer\"} 0",
        "server_up 0"})
    CHECK_THAT(metrics.body, Catch::Contains("\nmysql_agent_" + std::string(line) + "\n"));
  // The stream came to its end. The fake donor's data cannot be prepared.
  CHECK(clone.wait(20s) == 1);
  INFO(clone.output());
  CHECK_THAT(clone.output(), Catch::Contains("received the clone donor=mysql-0"));
  CHECK(set.probe(1, "/livez").status == 0);
}

TEST_CASE("a replica that waits for a donor says why on the probes' port, and its sidecar has the port afterwards",
          "[family]") {
  TestSet set;
  set.start_pod(0);
  set.make_rows(100);
  set.wait_clonable(0);
  REQUIRE(set.init(1).exit_code == 0);
  std::filesystem::create_directories(set.data(1));
  set.stop_server(0);
  Background clone(set.clone_command(1, {"--donor-wait", "60s"}), set.dir(1) / "clone.log");
  HttpAnswer ready;
  const bool told = eventually(20s, [&] {
    ready = set.probe(1, "/readyz");
    return ready.status == 503 && ready.body.find("clone-mysql waits: ") != std::string::npos;
  });
  INFO(ready.body << clone.output());
  REQUIRE(told);
  CHECK_THAT(ready.body, Catch::Contains("no fit donor: " + TestSet::address(0) + ": "));
  CHECK(set.probe(1, "/livez").status == 200);
  CHECK_THAT(set.status(0, {"--all"}).output,
             Catch::Contains("clone-mysql waits: ") && !Catch::Contains("does not answer: cannot connect"));
  set.start_server(0);
  REQUIRE(clone.wait(90s) == 0);
  set.start_containers(1);
  set.expect_same_rows(1);
  const HttpAnswer metrics = set.probe(1, "/metrics");
  INFO(metrics.status << metrics.body);
  CHECK_THAT(metrics.body, Catch::Contains("\nmysql_agent_own_clone_failures_total{reason=\"transfer\"} 0\n"));
  CHECK(std::stoull(metric(set, 1, "own_clone_bytes")) > 1'000'000);
}

TEST_CASE("clone-mysql goes on where its ports are taken", "[once]") {
  TestSet set;
  set.start_pod(0);
  REQUIRE(set.init(1).exit_code == 0);
  // The ports are taken, as by a sidecar that runs before clone-mysql.
  set.start_sidecar(1);
  REQUIRE(eventually(20s, [&] { return set.probe(1, "/livez").status == 200; }));
  const Ran cloned = set.clone(1);
  INFO(cloned.output);
  CHECK(cloned.exit_code == 0);
  CHECK_THAT(cloned.output, Catch::Contains("clone-mysql: went on without answering probes=") &&
                                Catch::Contains("clone-mysql: went on without answering clones=") &&
                                Catch::Contains("Address already in use") && Catch::Contains("published the data"));
}
