#include "agent/pod/verdict.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/pod_view.hpp"

using namespace mysql_agent;
using test::ready_primary;
using test::ready_replica;

namespace {

void check(const PodView& view, const std::string& reason, const std::string& replication) {
  const Verdict verdict = judge(view, {std::chrono::seconds(30), {}});
  CHECK(verdict.ready() == (reason == "ok"));
  CHECK(verdict.reason == reason);
  CHECK(std::string(replication_state_name(verdict.replication)) == replication);
}

}  // namespace

TEST_CASE("a paused pod is ready by what is seen, and not where its sidecar would do something") {
  PodView view = ready_replica();
  view.pause = PauseRequest{.pod = "mysql-1", .asked = "2027-01-15T07:00:00Z", .until = std::nullopt};
  const Verdict ready = judge(view, {std::chrono::seconds(30), {}});
  CHECK(ready.ready());
  CHECK(ready.reason ==
        "ok; paused at 2027-01-15T07:00:00Z until mysql-agent resume: its sidecar changes nothing; mysql-agent resume "
        "ends "
        "that");
  for (const PausedStep step :
       {PausedStep::set_up, PausedStep::start, PausedStep::leave_set, PausedStep::become_primary, PausedStep::open,
        PausedStep::note_opening, PausedStep::heal, PausedStep::switches}) {
    PodView left = view;
    leave_for_pause(left, step);
    const Verdict verdict = judge(left, {std::chrono::seconds(30), {}});
    CHECK_FALSE(verdict.ready());
    CHECK_THAT(verdict.reason,
               Catch::Contains("its sidecar does not ") && Catch::Contains("mysql-agent resume ends that"));
  }
  PodView primary = ready_primary();
  primary.unproven = true;
  CHECK(judge(primary, {std::chrono::seconds(30), {}}).reason ==
        "it takes writes, and it is not known whether it has all that the other pods have");
}

TEST_CASE("a replica's ladder, from the bottom up: each rung hides those below it") {
  PodView view = ready_replica();
  check(view, "ok", "running");
  view.server->replica->lag_seconds = 30;
  check(view, "ok", "running");
  view.server->replica->lag_seconds = 31;
  check(view, "it is 31 s behind, more than 30 s", "running");
  view.server->replica->lag_seconds.reset();
  check(view, "the lag is not known", "running");
  view.server->replica->io = {false, true, 2003, "no route"};
  check(view, "the I/O thread is connecting, error 2003: no route", "connecting");
  view.server->replica->io = {false, false, 0, ""};
  check(view, "the I/O thread is stopped", "stopped");
  view.server->replica->io = {false, false, 1236, "purged"};
  check(view, "the I/O thread is stopped, error 1236: purged", "error");
  view.wait = Wait{.kind = WaitKind::primary_not_up, .detail = "it starts"};
  check(view, "the I/O thread is stopped, error 1236: purged; the primary is not up: it starts", "error");
  view.server->replica->sql = {false, false, 1062, "duplicate"};
  check(view, "the SQL thread is stopped, error 1062: duplicate; the primary is not up: it starts", "error");
  view.server->replica->source_host = "elsewhere";
  check(view, "it replicates from elsewhere, and the source is mysql-0.mysql", "error");
  view.hold = test::hold_of(HoldKind::state);
  check(view, hold_text(*view.hold), "error");
  view.state->state = DataState::cloned;
  check(view, "a clone is unfinished: the data's state is cloned", "unknown");
  view.state.reset();
  check(view, "the data directory has no state yet", "unknown");
  view.server.reset();
  view.server_error = "connection refused";
  check(view, "the server does not answer: connection refused", "unknown");
}

TEST_CASE("the larger one of what a server says of its lag and of what is known to be missing counts") {
  PodView view = ready_replica();
  view.server->replica->lag_seconds = 0;
  view.missing_for = std::chrono::milliseconds(30'000);
  check(view, "ok", "running");
  CHECK(known_lag(view) == 30U);
  view.missing_for = std::chrono::milliseconds(30'400);
  check(view, "it is 31 s behind, more than 30 s", "running");
  CHECK(known_lag(view) == 30U);
  view.server->replica->lag_seconds = 45;
  check(view, "it is 45 s behind, more than 30 s", "running");
  CHECK(known_lag(view) == 45U);
  view.server->replica->lag_seconds.reset();
  check(view, "the lag is not known", "running");
  CHECK_FALSE(known_lag(view));
}

TEST_CASE("a replica that has not caught up since its sidecar's start is not ready, for nobody knows its lag") {
  PodView view = ready_replica();
  view.server->replica->lag_seconds = 0;
  view.not_measured = true;
  check(view, "the lag is not known: it has not caught up since the sidecar's start", "running");
}

TEST_CASE("a replica that passes over what does not fit is not ready") {
  PodView view = ready_replica();
  view.server->skips = "slave_skip_errors=all";
  const Verdict verdict = judge(view, {});
  CHECK(verdict.kind == Readiness::passes_over);
  CHECK_THAT(verdict.reason, Catch::Contains("slave_skip_errors=all"));
}

TEST_CASE("a thread that ended without a number says its text") {
  PodView view = ready_replica();
  view.server->replica->io = {false, false, 0, "it broke"};
  check(view, "the I/O thread is stopped, error 0: it broke", "error");
}

TEST_CASE("another channel that fails is told where the pod is not ready, and keeps no pod from being ready") {
  PodView view = ready_replica();
  view.server->other_channels = {{"a_feed", "elsewhere:3306", false, "no route"}, {"b_feed", "there:3306", true, ""}};
  check(view, "ok", "running");
  view.server->replica->sql = {false, false, 0, ""};
  check(view, "the SQL thread is stopped; the other channel a_feed, from elsewhere:3306, does not run: no route",
        "stopped");
}

TEST_CASE("a replica without a source says why, where that is known") {
  PodView view = ready_replica();
  view.server->replica.reset();
  check(view, "no source is set", "stopped");
  view.wait = Wait{.kind = WaitKind::primary_not_up, .detail = "it starts"};
  check(view, "no source is set; the primary is not up: it starts", "stopped");
  view.hold = test::hold_of(HoldKind::diverged);
  check(view, hold_text(*view.hold), "stopped");
}

TEST_CASE("a log takes findings of one kind for the same, however their numbers move, and others not") {
  const auto lagging = [](std::uint64_t seconds) {
    PodView view = ready_replica();
    view.server->replica->lag_seconds = seconds;
    return judge(view, {});
  };
  CHECK(lagging(31).is_same_finding(lagging(132)));
  CHECK_FALSE(lagging(31).is_same_finding(lagging(1)));
  const auto held = [](const char* gtids) {
    PodView view = ready_replica();
    view.hold = Hold{.cause = HoldCause::own_transactions, .gtids = gtids};
    return judge(view, {});
  };
  CHECK(held("0-101-3").is_same_finding(held("0-101-3")));
  CHECK_FALSE(held("0-101-3").is_same_finding(held("0-102-3")));
  const auto following = [](const char* host) {
    PodView view = ready_replica();
    view.server->replica->source_host = host;
    return judge(view, {});
  };
  CHECK_FALSE(following("mysql-1").is_same_finding(following("mysql-2")));
}

TEST_CASE("stopped threads without an error are stopped, not in error") {
  PodView view = ready_replica();
  view.server->replica->sql = {false, false, 0, ""};
  check(view, "the SQL thread is stopped", "stopped");
}

TEST_CASE("a primary is ready in its state alone, whatever replication does") {
  PodView view = ready_primary();
  check(view, "ok", "none");
  view.server->replica = ready_replica().server->replica;
  view.server->replica->sql.running = false;
  check(view, "ok", "none");
  view.state->state = DataState::published;
  check(view, "the data's state is published, not primary yet", "none");
  view.state.reset();
  check(view, "the data directory has no state yet", "unknown");
  view.server.reset();
  check(view, "the server does not answer: ", "unknown");
}

TEST_CASE("a replica whose source is away stays ready for as long as it may") {
  const ReadyLimits limits{std::chrono::seconds(30), std::chrono::seconds(300)};
  PodView view = ready_replica();
  view.server->replica->io = {false, false, 2003, "Can't connect"};
  view.server->replica->lag_seconds.reset();
  view.source_away = true;
  view.wait = Wait{.kind = WaitKind::primary_not_up, .detail = "it starts"};
  const std::string stopped = "the I/O thread is stopped, error 2003: Can't connect; the primary is not up: it starts";
  SECTION("from when it followed last, if it ever did") {
    CHECK(judge(view, limits).reason == stopped);
    view.not_followed_for = std::chrono::seconds(300);
    CHECK(judge(view, limits).ready());
    CHECK(judge(view, limits).reason == "ok; without its source for 300 s; the primary is not up: it starts");
    view.not_followed_for = std::chrono::seconds(301);
    CHECK_FALSE(judge(view, limits).ready());
    CHECK(judge(view, limits).reason == stopped + "; for longer than 300 s");
  }
  SECTION("unless something else is wrong") {
    view.not_followed_for = std::chrono::seconds(1);
    CHECK_FALSE(judge(view, {limits.max_lag, std::chrono::seconds(0)}).ready());
    for (const int number : {1236, 1045, 2026, 2061}) {
      view.server->replica->io.error_number = number;
      CHECK_FALSE(judge(view, limits).ready());
    }
    for (const int number : {0, 2003, 2013}) {
      view.server->replica->io.error_number = number;
      CHECK(judge(view, limits).ready());
    }
    SECTION("the source is there") {
      view.source_away = false;
      CHECK_FALSE(judge(view, limits).ready());
    }
    SECTION("the SQL thread is stopped") {
      view.server->replica->sql.running = false;
      CHECK_FALSE(judge(view, limits).ready());
    }
    SECTION("it is held") {
      view.hold = test::hold_of(HoldKind::diverged);
      CHECK_FALSE(judge(view, limits).ready());
    }
  }
}

TEST_CASE(
    "a replica whose I/O thread runs is without its source while the primary's sidecar says that its server is down") {
  constexpr ReadyLimits limits{std::chrono::seconds(30), std::chrono::seconds(300)};
  PodView view = ready_replica();
  REQUIRE(view.server->replica->io.running);
  view.source_away = view.source_down = true;
  CHECK_FALSE(judge(view, limits).ready());  // it has not followed since the sidecar's start
  view.not_followed_for = std::chrono::seconds(20);
  CHECK(judge(view, limits).kind == Readiness::ready_without_source);
  CHECK(judge(view, limits).reason ==
        "ok; without its source for 20 s; the primary's sidecar says that its server is not up");
  view.not_followed_for = std::chrono::seconds(301);
  CHECK(judge(view, limits).kind == Readiness::source_away_too_long);
  // A sidecar that says nothing says nothing of its server, and the connection stands.
  view.source_down = false;
  CHECK(judge(view, limits).kind == Readiness::ready);
}
