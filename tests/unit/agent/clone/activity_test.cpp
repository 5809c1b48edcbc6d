#include "agent/clone/activity.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "agent/clone/receive.hpp"
#include "common/net/http_client.hpp"
#include "tests/unit/pod_view.hpp"

using namespace mysql_agent;
using namespace std::chrono_literals;

namespace {

AgentState cloning() {
  AgentState state;
  state.state = DataState::cloning;
  state.donor = "mysql-0";
  return state;
}

// The activity as text, `after` it began.
std::string activity_text(const CloneActivity& activity, std::chrono::milliseconds after = 0ms) {
  return activity.snapshot(CloneActivity::Clock::now() + after).view.server_error;
}

}  // namespace

TEST_CASE("clone-mysql's activity is told in words, with its seconds") {
  CloneActivity activity(test::set_of_replica());
  CHECK(activity_text(activity) == "clone-mysql looks at the data directory and at the other pods");
  activity.wait("no pod is a fit donor");
  CHECK(activity_text(activity, 90s) == "clone-mysql waits: no pod is a fit donor");
  activity.begin("makes the first data directory");
  CHECK(activity_text(activity) == "clone-mysql makes the first data directory");
  activity.begin("prepares the clone");
  CHECK(activity_text(activity, 12'500ms) == "clone-mysql prepares the clone, for 12 s");
}

TEST_CASE("a transfer is told with its bytes and its time, until the next step begins") {
  CloneActivity activity(test::set_of_replica());
  activity.enter(cloning());
  ReceiveProgress& progress = activity.receive("mysql-0", 3'100'000'000);
  progress.bytes = 1'200'000'000;
  const auto later = CloneActivity::Clock::now() + 3s;
  const CloneSnapshot now = activity.snapshot(later);
  CHECK_THAT(now.view.server_error,
             Catch::StartsWith("clone-mysql receives the clone of mysql-0: 1.2 GB of about 3.1 GB (38%), ") &&
                 Catch::EndsWith("s left"));
  CHECK(now.own_clone.expected_bytes == 3'100'000'000);
  REQUIRE(now.view.state);
  CHECK(now.view.state->donor == "mysql-0");
  CHECK(now.view.state->bytes == 1'200'000'000);
  CHECK(now.view.state->duration >= 3s);
  CHECK_FALSE(now.view.server);

  AgentState state = cloning();
  state.state = DataState::cloned;
  state.bytes = 7;
  activity.enter(state);
  activity.begin("prepares the clone");
  const CloneSnapshot next = activity.snapshot(later);
  CHECK(next.own_clone.expected_bytes == 0);
  CHECK(next.view.state == state);

  // Another transfer begins at nothing.
  activity.receive("mysql-2", 0);
  CHECK_THAT(activity_text(activity), Catch::StartsWith("clone-mysql receives the clone of mysql-2: 0 B"));
}

TEST_CASE("failures are counted by what broke, and the last one is told") {
  CloneActivity activity(test::set_of_replica());
  activity.fail(ConnectError(ConnectFailure::refused, "cannot connect to mysql-0", "h"));
  CHECK(activity_text(activity) == "clone-mysql looks for a donor; one clone failed before: cannot connect to mysql-0");
  activity.fail(HandshakeError("mysql-0 could not be authenticated", "h"));
  activity.fail(StallError("no byte came", "h"));
  activity.fail(DonorRefusal("mysql-0 refused the clone", "h"));
  activity.fail(failed("the stream is cut", "h"));
  activity.wait("no pod is a fit donor");
  CHECK(activity_text(activity) ==
        "clone-mysql waits: no pod is a fit donor; 5 clones failed before, the last one: the stream is cut");
  const auto counts = activity.snapshot().own_clone.failed;
  CHECK(counts ==
        std::map<std::string_view, std::uint64_t>{{"connection", 2}, {"stalled", 1}, {"refused", 1}, {"transfer", 1}});
}

TEST_CASE("snapshots that another thread takes agree in themselves, whatever happens meanwhile") {
  CloneActivity activity(test::set_of_replica());
  std::atomic<bool> done{false};
  std::thread clone([&] {
    for (int i = 0; i < 300; ++i) {
      AgentState state = cloning();
      state.donor = "mysql-" + std::to_string(i % 2 * 2);
      const std::vector<KnownData> known{{.pod = "mysql-2", .what = "has data"}};
      activity.enter_empty(std::nullopt, i % 2 == 0 ? known : std::vector<KnownData>{});
      activity.wait("no pod is a fit donor");
      activity.enter(state);
      activity.begin("looks for a donor");
      ReceiveProgress& progress = activity.receive(state.donor, 1000);
      for (int byte = 0; byte < 10; ++byte) ++progress.bytes;
      activity.fail(StallError("no byte came", "h"));
    }
    done = true;
  });
  std::uint64_t failures = 0;
  bool agree = true;
  while (!done) {
    const CloneSnapshot now = activity.snapshot();
    const auto stalled = now.own_clone.failed.find(own_clone_failure::stalled);
    const std::uint64_t count = stalled == now.own_clone.failed.end() ? 0 : stalled->second;
    agree = agree && count >= failures && !(now.empty && now.view.state);
    if (now.own_clone.expected_bytes > 0)
      agree = agree && now.view.state && now.view.state->bytes <= 10 &&
              now.view.server_error.find("receives the clone of " + now.view.state->donor) != std::string::npos;
    failures = count;
  }
  clone.join();
  CHECK(agree);
  CHECK(activity.snapshot().own_clone.failed == std::map<std::string_view, std::uint64_t>{{"stalled", 300}});
}
