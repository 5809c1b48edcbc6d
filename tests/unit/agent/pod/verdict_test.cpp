#include "agent/pod/verdict.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/pod_view.hpp"

using namespace mysql_agent;
using test::ready_primary;
using test::ready_replica;

namespace {

void check(const PodView& view, const std::string& reason, const std::string& replication) {
  const Verdict verdict = judge(view, {std::chrono::seconds(30), {}});
  CHECK(verdict.ready == (reason == "ok"));
  CHECK(verdict.reason == reason);
  CHECK(verdict.replication == replication);
}

}  // namespace

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
  view.wait = "the primary is not up";
  check(view, "the I/O thread is stopped, error 1236: purged; the primary is not up", "error");
  view.server->replica->sql = {false, false, 1062, "duplicate"};
  check(view, "the SQL thread is stopped, error 1062: duplicate; the primary is not up", "error");
  view.server->replica->source_host = "elsewhere";
  check(view, "it replicates from elsewhere, and the source is mysql-0.mysql", "error");
  view.held = "a person must look";
  check(view, "a person must look", "error");
  view.state->state = DataState::cloned;
  check(view, "a clone is unfinished: the data's state is cloned", "unknown");
  view.state.reset();
  check(view, "the data directory has no state yet", "unknown");
  view.server.reset();
  view.server_error = "connection refused";
  check(view, "the server does not answer: connection refused", "unknown");
}

TEST_CASE("a replica without a source says why, where that is known") {
  PodView view = ready_replica();
  view.server->replica.reset();
  check(view, "no source is set", "stopped");
  view.wait = "the primary is not up";
  check(view, "no source is set; the primary is not up", "stopped");
  view.held = "own transactions";
  check(view, "own transactions", "stopped");
}

TEST_CASE("reasons that differ in numbers and GTIDs alone are the same to a log") {
  const auto same = [](const std::string& a, const std::string& b) {
    return reason_without_numbers(a) == reason_without_numbers(b);
  };
  CHECK(same("it is 31 s behind, more than 30 s", "it is 132 s behind, more than 30 s"));
  CHECK(same("the primary has not: 3e11fa47-71ca:1-5, of all", "the primary has not: 3e11fa47-71ca:1-5:7-11, of all"));
  CHECK(same("lacks 0-100-9, of", "lacks 0-100-9,1-100-2, of"));
  CHECK_FALSE(same("the I/O thread is stopped", "the SQL thread is stopped"));
  CHECK_FALSE(same("", "held"));
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
  view.wait = "the primary is not up";
  const std::string stopped = "the I/O thread is stopped, error 2003: Can't connect; the primary is not up";
  SECTION("from when it followed last, if it ever did") {
    CHECK(judge(view, limits).reason == stopped);
    view.not_followed_for = std::chrono::seconds(300);
    CHECK(judge(view, limits).ready);
    CHECK(judge(view, limits).reason == "ok; without its source for 300 s; the primary is not up");
    view.not_followed_for = std::chrono::seconds(301);
    CHECK_FALSE(judge(view, limits).ready);
    CHECK(judge(view, limits).reason == stopped + "; for longer than 300 s");
  }
  SECTION("unless something else is wrong") {
    view.not_followed_for = std::chrono::seconds(1);
    CHECK_FALSE(judge(view, {limits.max_lag, std::chrono::seconds(0)}).ready);
    for (const int number : {1236, 1045, 2026, 2061}) {
      view.server->replica->io.error_number = number;
      CHECK_FALSE(judge(view, limits).ready);
    }
    for (const int number : {0, 2003, 2013}) {
      view.server->replica->io.error_number = number;
      CHECK(judge(view, limits).ready);
    }
    SECTION("the source is there") {
      view.source_away = false;
      CHECK_FALSE(judge(view, limits).ready);
    }
    SECTION("the SQL thread is stopped") {
      view.server->replica->sql.running = false;
      CHECK_FALSE(judge(view, limits).ready);
    }
    SECTION("it is held") {
      view.held = "diverged";
      CHECK_FALSE(judge(view, limits).ready);
    }
  }
}
