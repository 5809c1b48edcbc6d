#include <catch2/catch.hpp>

#include "tests/support/raw_peer.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

constexpr const char* ask_clone = "GET /v1/clone HTTP/1.1\r\nHost: x\r\n\r\n";

// A pod with more data than the buffers between donor and recipient hold. So a recipient that does not read stops the
// backup tool.
void start_big_primary(TestSet& set) {
  set.start_pod(0);
  set.make_rows(60'000, 1000);
}

bool tool_runs(TestSet& set, int ordinal) {
  return !children_of(set.sidecar(ordinal).pid(), "mariadb-backup").empty();
}

// Checks that the backup's locks and sessions are gone from the server: only the test is logged in, and DDL works.
void expect_server_free(TestSet& set, int ordinal) {
  CHECK(eventually(std::chrono::seconds(5), [&] {
    return set.value(
               ordinal,
               "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND <> 'Daemon' AND USER = 'root' AND "
               "INFO LIKE 'BACKUP%'") == "0";
  }));
  set.sql(0, "CREATE OR REPLACE TABLE test.ddl (id INT PRIMARY KEY)");
}

}  // namespace

TEST_CASE("a donor serves as many clones as it has slots, and the next one waits", "[stream][family]") {
  TestSet set;
  start_big_primary(set);
  auto first = std::make_unique<RawClient>(TestSet::address(0), set.clone_port(), ask_clone, set.tls());
  CHECK_THAT(first->read(100), Catch::StartsWith("HTTP/1.1 200 OK"));
  RawClient second(TestSet::address(0), set.clone_port(), ask_clone, set.tls());
  const std::string busy = second.read(10'000);
  CHECK_THAT(busy, Catch::StartsWith("HTTP/1.1 503"));
  CHECK_THAT(busy, Catch::Contains("Retry-After: "));
  CHECK_THAT(set.ask_donor(0).body, Catch::Contains("\"free\": 0"));

  REQUIRE(set.init(1).exit_code == 0);
  Background waiting = set.begin_clone(1);
  CHECK(eventually(std::chrono::seconds(10),
                   [&] { return waiting.output().find("all its clone slots are taken") != std::string::npos; }));
  first.reset();
  CHECK(waiting.wait(std::chrono::seconds(30)) == 0);
  INFO(waiting.output());
  CHECK_THAT(read_text(set.state_file(1)), Catch::Contains("\"state\": \"published\""));
}

TEST_CASE("a recipient that goes away, or stops reading, costs the donor nothing after seconds", "[stream][family]") {
  TestSet set;
  start_big_primary(set);
  SECTION("it closes") {
    auto recipient = std::make_unique<RawClient>(TestSet::address(0), set.clone_port(), ask_clone, set.tls());
    recipient->read(100'000);
    CHECK(tool_runs(set, 0));
    recipient.reset();
  }
  SECTION("it is killed in the middle") {
    REQUIRE(set.init(1).exit_code == 0);
    CHECK(set.clone(1, {}, crash_at("clone.receiving")).exit_code == killed);
  }
  SECTION("it stops reading") {
    set.stop_sidecar(0);
    set.start_sidecar(0, {"--stall-timeout", "1s"});
    set.wait_ready(0);
    RawClient recipient(TestSet::address(0), set.clone_port(), ask_clone, set.tls());
    recipient.read(100'000);
    const bool ended = eventually(std::chrono::seconds(6), [&] { return !tool_runs(set, 0); });
    INFO(set.sidecar(0).output());
    CHECK(ended);
  }
  CHECK(eventually(std::chrono::seconds(5), [&] { return !tool_runs(set, 0); }));
  CHECK(eventually(std::chrono::seconds(5),
                   [&] { return set.ask_donor(0).body.find("\"free\": 1") != std::string::npos; }));
  expect_server_free(set, 0);
}

TEST_CASE("a donor that dies in the middle leaves no tool behind, and the recipient takes another",
          "[stream][family]") {
  TestSet set;
  start_big_primary(set);
  set.start_pod(1);
  REQUIRE(set.init(2).exit_code == 0);
  Background recipient = set.begin_clone(2);
  std::vector<pid_t> tools;
  REQUIRE(eventually(std::chrono::seconds(20),
                     [&] { return !(tools = children_of(set.sidecar(1).pid(), "mariadb-backup")).empty(); }));
  ::kill(tools.front(), SIGSTOP);  // stops the stream in its middle
  set.stop_sidecar(1, SIGKILL);
  // The kernel kills the tool together with its parent. The new parent may take a moment to collect the tool.
  CHECK(eventually(std::chrono::seconds(5), [&] {
    return ::kill(tools.front(), 0) != 0 ||
           read_text("/proc/" + std::to_string(tools.front()) + "/stat").find(") Z") != std::string::npos;
  }));
  CHECK(recipient.wait(std::chrono::seconds(60)) == 0);
  INFO(recipient.output());
  CHECK_THAT(recipient.output(), Catch::Contains("failed to clone donor=mysql-1"));
  CHECK_THAT(read_text(set.state_file(2)), Catch::Contains("\"donor\": \"mysql-0\""));
}

TEST_CASE("SIGTERM while a clone is served", "[stream][family]") {
  TestSet set;
  start_big_primary(set);
  set.stop_sidecar(0);
  set.start_sidecar(0, {"--shutdown-grace", "4s"});
  set.wait_ready(0);
  RawClient recipient(TestSet::address(0), set.clone_port(), ask_clone, set.tls());
  recipient.read(100'000);
  const auto tools = children_of(set.sidecar(0).pid(), "mariadb-backup");
  REQUIRE(tools.size() == 1);
  const auto begin = std::chrono::steady_clock::now();
  set.sidecar(0).signal(SIGTERM);
  SECTION("the clone may end within the grace") {
    std::string all;
    std::string part;
    while (!(part = recipient.read(1 << 20, std::chrono::seconds(2))).empty())
      all = all.substr(all.size() > 300 ? all.size() - 300 : 0) + part;
    CHECK_THAT(all.substr(all.size() > 300 ? all.size() - 300 : 0), Catch::Contains("Clone-Status: ok"));
    CHECK(set.sidecar(0).wait(std::chrono::seconds(5)) == 0);
  }
  SECTION("after the grace the tool is ended, and nothing is left") {
    CHECK(set.sidecar(0).wait(std::chrono::seconds(8)) == 0);
    const auto took = std::chrono::steady_clock::now() - begin;
    CHECK(took >= std::chrono::milliseconds(3900));
    CHECK(eventually(std::chrono::seconds(2), [&] { return ::kill(tools.front(), 0) != 0; }));
    CHECK(recipient.closed_within(std::chrono::seconds(2)));
  }
  expect_server_free(set, 0);
}

TEST_CASE("a donor that is not fit refuses, and says why", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.stop_server(1);
  set.wait_not_ready(1, "the server does not answer");
  RawClient recipient(TestSet::address(1), set.clone_port(), ask_clone, set.tls());
  const std::string said = recipient.read(10'000);
  CHECK_THAT(said, Catch::StartsWith("HTTP/1.1 409"));
  CHECK_THAT(said, Catch::Contains("the server does not answer"));
}

TEST_CASE("the clone port takes no nonsense", "[family]") {
  TestSet set(GENERATE(Security::secret, Security::insecure));
  set.start_pod(0);
  const auto ask = [&](const std::string& text) {
    RawClient client(TestSet::address(0), set.clone_port(), text, set.tls());
    return client.read(10'000, std::chrono::seconds(2));
  };
  CHECK_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), Catch::StartsWith("HTTP/1.1 404"));
  CHECK_THAT(ask("POST /v1/clone HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"), Catch::StartsWith("HTTP/1.1 405"));
  CHECK(ask("nonsense\r\n\r\n").empty());
  CHECK(ask("GET /" + std::string(100'000, 'x')).empty());
  CHECK(set.ask_donor(0).status == 200);
}

TEST_CASE("a rate bounds what a donor sends in a second", "[stream][family]") {
  TestSet set(Security::insecure);
  start_big_primary(set);
  set.stop_sidecar(0);
  set.start_sidecar(0, {"--max-rate", "8MiB"});
  set.wait_ready(0);
  const auto begin = std::chrono::steady_clock::now();
  RawClient recipient(TestSet::address(0), set.clone_port(), ask_clone);
  std::size_t bytes = 0;
  while (std::chrono::steady_clock::now() - begin < std::chrono::seconds(3)) bytes += recipient.read(100'000).size();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  INFO(bytes << " bytes in " << seconds << " s");
  CHECK(static_cast<double>(bytes) < seconds * (8 << 20) * 1.1);
  CHECK(static_cast<double>(bytes) > seconds * (8 << 20) * 0.5);
}

TEST_CASE(
    "ten recipients at once against one donor: one is served, nine are told to come again, and all of it is over soon "
    "after",
    "[stream][family]") {
  TestSet set(Security::insecure);
  start_big_primary(set);
  std::vector<std::unique_ptr<RawClient>> recipients;
  int served = 0;
  int busy = 0;
  for (int i = 0; i < 10; ++i) {
    recipients.push_back(std::make_unique<RawClient>(TestSet::address(0), set.clone_port(), ask_clone));
    const std::string said = recipients.back()->read(12);
    served += said == "HTTP/1.1 200" ? 1 : 0;
    busy += said == "HTTP/1.1 503" ? 1 : 0;
  }
  CHECK(served == 1);
  CHECK(busy == 9);
  CHECK(children_of(set.sidecar(0).pid(), "mariadb-backup").size() == 1);
  recipients.clear();
  CHECK(eventually(std::chrono::seconds(5), [&] { return !tool_runs(set, 0); }));
  CHECK(eventually(std::chrono::seconds(5),
                   [&] { return set.ask_donor(0).body.find("\"free\": 1") != std::string::npos; }));
  expect_server_free(set, 0);
}
