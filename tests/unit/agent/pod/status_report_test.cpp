#include "agent/pod/status_report.hpp"

#include "agent/pod/deviations.hpp"

#include <catch2/catch.hpp>

#include "tests/support/error_of.hpp"
#include "tests/unit/pod_view.hpp"

using namespace mysql_agent;
using test::error_of;
using test::ready_primary;
using test::ready_replica;

namespace {

std::string json(const PodView& view) {
  return status_json(view, judge(view, {std::chrono::seconds(30), std::chrono::seconds(300)}));
}

StatusReport read_back(const PodView& view) {
  return read_status_report(view.pod.name, json(view));
}

}  // namespace

TEST_CASE("the names in the JSON are fixed") {
  CHECK(json(ready_replica()) == R"({
  "pod": "mysql-1",
  "role": "replica",
  "ready": true,
  "reason": "ok",
  "agent": "0.1.0",
  "look_age_ms": null,
  "state": "replicating",
  "donor": "mysql-0",
  "server": {
    "flavour": "mariadb",
    "version": "10.11.19",
    "uuid": "uuid-1",
    "server_id": 101,
    "read_only": true,
    "logs_replicated": true,
    "filters": "",
    "init_file": ""
  },
  "position": "0-100-9",
  "replication": {
    "state": "running",
    "source_host": "mysql-0.mysql",
    "source_port": 3306,
    "io": {
      "running": true,
      "error_number": 0,
      "error": ""
    },
    "sql": {
      "running": true,
      "error_number": 0,
      "error": ""
    },
    "lag_seconds": 1
  },
  "held": null,
  "waiting": null,
  "clone_mysql": null,
  "paused": null,
  "source_away": false,
  "not_followed_seconds": null,
  "reclone": null,
  "set_aside": [],
  "other_channels": [],
  "deviations": [],
  "emptied_tables": []
}
)");
}

TEST_CASE("why replication is held, and what it waits for, stand in the JSON") {
  PodView view = ready_replica();
  view.hold = test::hold_of(HoldKind::purged);
  view.wait = Wait{.kind = WaitKind::primary_not_up, .detail = "it starts"};
  CHECK_THAT(json(view), Catch::Contains("\"held\": {\n    \"kind\": \"purged\",\n    \"reason\": \"" +
                                         hold_text(*view.hold) + "\"\n  },\n") &&
                             Catch::Contains("\"waiting\": \"the primary is not up: it starts\",\n"));
}

TEST_CASE("the other channels of a server stand in the JSON") {
  PodView view = ready_replica();
  view.server->other_channels = {{"a_feed", "elsewhere:3306", false, "no route"}};
  CHECK_THAT(json(view), Catch::Contains(R"("other_channels": [
    {
      "name": "a_feed",
      "source": "elsewhere:3306",
      "running": false,
      "error": "no route"
    }
  ])"));
}

TEST_CASE("what a server differs in stands in the JSON, and is read from it") {
  PodView view = ready_replica();
  view.server->gtid_strict = false;
  view.uncopied_tables = {"shop.log"};
  view.uncopied_table_count = 1;
  const std::string text = json(view);
  CHECK_THAT(text, Catch::Contains("\"kind\": \"gtid_strict_mode\"") && Catch::Contains("shop.log"));
  CHECK(read_status_report("mysql-1", text).deviations == deviations_of(view));
  CHECK(read_status_report("mysql-1", R"({"pod": "mysql-1", "ready": true, "deviations": [{"kind": "of later"}]})")
            .deviations.empty());
}

TEST_CASE("what is not known is null in the JSON") {
  PodView view;
  view.pod.name = "mysql-1";
  const std::string text = json(view);
  for (const char* name : {"state", "donor", "server", "position", "replication", "reclone"})
    CHECK_THAT(text, Catch::Contains("\"" + std::string(name) + "\": null"));
  view = ready_replica();
  view.server->replica->lag_seconds.reset();
  CHECK_THAT(json(view), Catch::Contains("\"lag_seconds\": null"));
}

TEST_CASE("an error of the server that is no UTF-8 does not fail the JSON") {
  PodView view = ready_replica();
  view.server->replica->io = {false, false, 1, "\xff"};
  CHECK_NOTHROW(json(view));
}

TEST_CASE("an answer that is no sidecar's, or another pod's, is an error") {
  for (const char* text : {"", "{", "[]", "{}", "null", R"({"pod": 1})", R"({"pod": "mysql-1"})",
                           R"({"pod": "mysql-1", "ready": 1})", R"({"pod": "mysql-1", "ready": true, "role": 7})",
                           R"({"pod": "mysql-1", "ready": true, "replication": {"lag_seconds": "x"}})"}) {
    INFO(text);
    CHECK_THAT(error_of([&] { read_status_report("mysql-1", text); }).what(),
               Catch::StartsWith("its answer is not that of a sidecar"));
  }
  CHECK_THAT(error_of([&] { read_status_report("mysql-1", R"({"pod": "mysql-2", "ready": true})"); }).what(),
             Catch::Contains("it says that it is the pod mysql-2"));
}

TEST_CASE("what a sidecar wrote is what another reads") {
  PodView view = ready_replica();
  view.wait = Wait{.kind = WaitKind::primary_not_up, .detail = "it starts"};
  view.hold = test::hold_of(HoldKind::purged);
  view.not_followed_for = std::chrono::seconds(42);
  const StatusReport said = read_back(view);
  CHECK(said.json == json(view));
  CHECK(said.pod == "mysql-1");
  CHECK_FALSE(said.ready);
  CHECK(said.reason == hold_text(*view.hold));
  CHECK(said.role == "replica");
  CHECK(said.state == "replicating");
  CHECK(said.donor == "mysql-0");
  CHECK(said.position == "0-100-9");
  CHECK(said.lag_seconds == 1);
  CHECK(said.held == hold_text(*view.hold));
  CHECK(said.held_kind == HoldKind::purged);
  CHECK(said.waiting == "the primary is not up: it starts");
  CHECK(said.not_followed_for == std::chrono::seconds(42));
  CHECK_FALSE(said.source_away);
  view.source_away = true;
  CHECK(read_back(view).source_away);
  CHECK_FALSE(read_back(ready_primary()).not_followed_for);
}

TEST_CASE("a lag that nobody knows is null, whatever the server says") {
  PodView view = ready_replica();
  view.source_away = true;
  CHECK_FALSE(read_back(view).lag_seconds);
  view = ready_replica();
  view.server->replica->io.running = false;
  CHECK_FALSE(read_back(view).lag_seconds);
}

TEST_CASE("a kind of holding that a later version has is a hold all the same") {
  const StatusReport said = read_status_report(
      "mysql-1", R"({"pod": "mysql-1", "ready": false, "held": {"kind": "moon", "reason": "full moon"}})");
  CHECK(said.held == "full moon");
  CHECK_FALSE(said.held_kind);
}
