#include <catch2/catch.hpp>

#include "tests/support/said.hpp"
#include "tests/support/slow_link.hpp"
#include "tests/support/volume.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
using namespace std::chrono_literals;

namespace {

constexpr auto max_lag = 5s;
// A look of the sidecar, on a busy machine.
constexpr auto noticed_within = max_lag + 2s;

// The replica lacks what was committed just now. It must say so in time, and must be ready again once it has all.
void expect_lag_seen(TestSet& set, const std::function<void()>& let_go) {
  HttpAnswer answer;
  const bool seen = eventually(noticed_within, [&] { return (answer = set.probe(1, "/readyz")).status == 503; });
  INFO("pod 1 said " << answer.status << " " << answer.body << set.sidecar(1).output());
  const std::string rows = set.fingerprint(0);
  REQUIRE(set.fingerprint(1) != rows);  // else the test proves nothing
  CHECK(seen);
  CHECK_THAT(answer.body, Catch::Contains("behind"));
  CHECK_THAT(set.ask_donor(1).body, Catch::Contains("\"fit\": false"));
  INFO("it stays so for as long as rows are missing");
  const bool again = eventually(4s, [&] { return set.probe(1, "/readyz").status == 200; });
  if (again) CHECK(set.fingerprint(1) == rows);
  let_go();
  set.wait_ready(1);
  set.expect_same_rows(1);
}

}  // namespace

TEST_CASE("a replica that a slow link keeps behind is not ready, whatever its server says of the lag", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);
  const std::uint16_t port = free_port();
  SlowLink link(TestSet::address(0), port, set.mysql_port());
  set.stop_sidecar(1);
  set.start_sidecar(1, {"--max-lag", "5s", "--source-port", std::to_string(port)});
  set.wait_ready(1);
  set.make_rows(1);
  set.expect_same_rows(1);
  link.limit(5'000);
  SECTION("one large transaction") {
    set.make_rows(400, 1000);
  }
  SECTION("many small ones") {
    if (set.kind().is_mysql() && !long_tests()) return;
    for (int i = 0; i < 200; ++i) set.make_rows(1, 1000);
  }
  expect_lag_seen(set, [&] { link.limit(0); });
}

TEST_CASE("a replica that reads its source's log with a speed limit is not ready while it is behind",
          "[stream][family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.stop_sidecar(1);
  set.start_sidecar(1, {"--max-lag", "5s"});
  set.wait_ready(1);
  set.expect_same_rows(1);
  set.sql(1, "SET GLOBAL read_binlog_speed_limit = 1");  // KB/s
  for (int i = 0; i < 60; ++i) set.make_rows(1, 1000);
  expect_lag_seen(set, [&] { set.sql(1, "SET GLOBAL read_binlog_speed_limit = 0"); });
}

TEST_CASE("a replica whose own volume is full is not ready while it is behind", "[family]") {
  TestSet set;
  set.start_pod(0);
  Volume volume(set.data(1));
  set.start_pod(1);
  set.make_rows(10);
  set.stop_sidecar(1);
  set.start_sidecar(1, {"--max-lag", "5s"});
  set.wait_ready(1);
  set.expect_same_rows(1);
  volume.fill();
  // More than what its files may still take.
  set.make_rows(400, 1000);
  // Its server may not answer at all meanwhile: then the look at it gets too old.
  CHECK(eventually(20s, [&] { return set.probe(1, "/readyz").status == 503; }));
  INFO(set.probe(1, "/readyz").body);
  REQUIRE_FALSE(eventually(4s, [&] { return set.probe(1, "/readyz").status == 200; }));
  volume.free();
  // The server looks again once a minute.
  CHECK(eventually(90s, [&] { return set.probe(1, "/readyz").status == 200; }));
  set.expect_same_rows(1);
}

TEST_CASE("a replica of an idle primary, and one that keeps up with a writer, is ready all the time", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.stop_sidecar(1);
  set.start_sidecar(1, {"--max-lag", "2s"});
  set.wait_ready(1);
  HttpAnswer answer;
  const auto falls_out = [&](std::chrono::seconds time) {
    return eventually(time, [&] { return (answer = set.probe(1, "/readyz")).status != 200; });
  };
  CHECK_FALSE(falls_out(6s));
  Writer writer(set);
  CHECK_FALSE(falls_out(8s));
  INFO(answer.body);
  writer.stop();
  set.expect_same_rows(1);
}
