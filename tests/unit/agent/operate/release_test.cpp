#include "agent/operate/release.hpp"

#include "tests/support/captured.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using test::code_of;
using test::TempDir;

namespace {

AgentState settled(const std::string& cause = "") {
  AgentState state;
  state.pod = "mysql-1";
  state.state = DataState::replicating;
  if (!cause.empty()) state.hold = RecordedHold{.cause = cause, .gtids = "0-101-8", .beside = "", .detail = ""};
  return state;
}

PodSet set() {
  PodSet set;
  set.pod = parse_pod_name("mysql-1");
  return set;
}

}  // namespace

TEST_CASE("release decides by its table") {
  SECTION("row 1: there is nothing to be right") {
    CHECK(plan_release(std::nullopt).reason == ReleaseReason::no_state);
    AgentState state = settled("own_transactions");
    state.state = DataState::publishing;
    CHECK(plan_release(state).reason == ReleaseReason::clone_unfinished);
  }
  SECTION("row 2: no hold") {
    CHECK(plan_release(settled()).reason == ReleaseReason::no_hold);
  }
  SECTION("row 3: a word ends no other hold") {
    for (const char* cause : {"ahead_of_primary", "ahead_of_opening", "out_of_order", "of a newer version"}) {
      const ReleasePlan plan = plan_release(settled(cause));
      CHECK(plan.action == ReleaseAction::refuse);
      CHECK(plan.reason == ReleaseReason::other_hold);
      CHECK_THAT(text(plan), Catch::Contains("0-101-8") || Catch::Contains("1950"));
      CHECK(hint(plan) == clone_it_again);
    }
  }
  SECTION("row 4: its own transactions") {
    const ReleasePlan plan = plan_release(settled("own_transactions"));
    CHECK(plan.action == ReleaseAction::write);
    CHECK(plan.gtids == "0-101-8");
  }
  SECTION("row 5: what no log has any more") {
    for (const char* cause : {"nobody_has_what_is_missing", "source_cannot_go_on"}) {
      const ReleasePlan plan = plan_release(settled(cause));
      CHECK(plan.action == ReleaseAction::write);
      CHECK(plan.reason == ReleaseReason::best_that_is_left);
    }
  }
  SECTION("row 6: what another pod had, and the primary lacks") {
    AgentState state = settled();
    state.state = DataState::primary;
    state.lacked = "0-100-9";
    state.lacked_from = "mysql-1";
    const ReleasePlan plan = plan_release(state);
    CHECK(plan.action == ReleaseAction::write);
    CHECK(plan.reason == ReleaseReason::opens_without);
    CHECK(plan.gtids == "0-100-9");
  }
}

TEST_CASE("release writes a person's word beside the state") {
  const TempDir root;
  const DataDir dir{root.path()};
  const test::Captured quiet(STDERR_FILENO);
  CHECK(code_of([&] { release(set(), {root / "nowhere"}); }) == ExitCode::usage);
  CHECK(code_of([&] { release(set(), dir); }) == ExitCode::refused);
  write_state(dir, settled("own_transactions"));
  release(set(), dir);
  const auto request = read_release_request(dir.release_request(), "mysql-1");
  REQUIRE(request);
  CHECK(request->gtids == "0-101-8");
  CHECK(read_state(dir.state_file(), "mysql-1") == settled("own_transactions"));
  CHECK(code_of([&] { read_release_request(dir.release_request(), "mysql-2"); }) == ExitCode::refused);
  test::write_text(dir.release_request(), "{");
  CHECK(code_of([&] { read_release_request(dir.release_request(), "mysql-1"); }) == ExitCode::refused);
}
