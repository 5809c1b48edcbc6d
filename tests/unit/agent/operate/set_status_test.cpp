#include "agent/operate/set_status.hpp"

#include <catch2/catch.hpp>

#include "tests/support/captured.hpp"
#include "tests/unit/pod_view.hpp"

using namespace mysql_agent;
using test::ready_primary;
using test::ready_replica;

namespace {

PodReport report_of(const PodView& view) {
  const ReadyLimits limits{.max_lag = std::chrono::seconds(30), .max_source_absence = std::chrono::seconds(300)};
  return {view.pod.ordinal, true, read_status_report(view.pod.name, status_json(view, judge(view, limits)))};
}

PodReport silent(std::uint32_t ordinal, bool exists, const std::string& reason) {
  PodReport report;
  report.ordinal = ordinal;
  report.exists = exists;
  report.status.pod = "mysql-" + std::to_string(ordinal);
  report.status.reason = reason;
  return report;
}

}  // namespace

TEST_CASE("a set's table has a line for each pod, and the reason below one that is not ready") {
  PodView behind = ready_replica();
  behind.pod = {"mysql-12", "mysql", 12};
  behind.server->replica->lag_seconds = 400;
  CHECK(set_table({report_of(ready_primary()), report_of(ready_replica()),
                   silent(2, true, "its sidecar does not answer: no route"), report_of(behind)}) ==
        "pod       role     ready  state        lag    age  server            agent  cloned from  position\n"
        "mysql-0   primary  yes    primary      -      -    mariadb 10.11.19  0.1.0  -            0-100-9\n"
        "mysql-1   replica  yes    replicating  1 s    -    mariadb 10.11.19  0.1.0  mysql-0      0-100-9\n"
        "mysql-2   -        no     -            -      -    -                 -      -            -\n"
        "          its sidecar does not answer: no route\n"
        "mysql-12  replica  no     replicating  400 s  -    mariadb 10.11.19  0.1.0  mysql-0      0-100-9\n"
        "          it is 400 s behind, more than 30 s\n");
}

TEST_CASE("a set's table says for how long a replica that is ready is without its source") {
  PodView alone = ready_replica();
  alone.server->replica->io = {.connecting = true, .error = ""};
  alone.source_away = true;
  alone.not_followed_for = std::chrono::seconds(42);
  CHECK(set_table({report_of(ready_primary()), report_of(alone)}) ==
        "pod      role     ready  state        lag  age  server            agent  cloned from  position\n"
        "mysql-0  primary  yes    primary      -    -    mariadb 10.11.19  0.1.0  -            0-100-9\n"
        "mysql-1  replica  yes    replicating  -    -    mariadb 10.11.19  0.1.0  mysql-0      0-100-9\n"
        "         ok; without its source for 42 s\n");
}

TEST_CASE("a set's JSON is an array of what each /status said") {
  const PodReport primary = report_of(ready_primary());
  std::string indented;
  for (const std::string& line : test::lines_of(primary.status.json)) indented += "  " + line + "\n";
  indented.pop_back();
  CHECK(set_json({primary, silent(1, true, "no route")}) == "[\n" + indented + R"(,
  {
    "pod": "mysql-1",
    "role": null,
    "ready": false,
    "reason": "no route",
    "state": null,
    "donor": null,
    "server": null,
    "position": null,
    "replication": null
  }
]
)");
}

TEST_CASE("a pod that does not exist is missing below one that does, and else was never there") {
  const auto pods = [](const std::vector<PodReport>& reports) {
    std::string out;
    for (const PodReport& report : reports) out += report.status.pod + " ";
    return out;
  };
  const PodReport there = silent(3, true, "");
  CHECK(pods(without_absent(
            {silent(0, false, ""), silent(1, false, ""), there, silent(4, false, ""), silent(5, false, "")}, 1)) ==
        "mysql-0 mysql-1 mysql-3 ");
  CHECK(pods(without_absent({silent(0, false, ""), silent(1, false, ""), silent(2, false, "")}, 1)) ==
        "mysql-0 mysql-1 ");
}

TEST_CASE("what another pod says does not control the terminal") {
  const StatusReport status = read_status_report(
      "mysql-1", R"({"pod": "mysql-1", "ready": false, "reason": "a\u001b[2Jb\nc", "position": "x\ty"})");
  CHECK(set_table({{1, true, status}}) ==
        "pod      role  ready  state  lag  age  server  agent  cloned from  position\n"
        "mysql-1  -     no     -      -    -    -       -      -            x y\n"
        "         a [2Jb c\n");
}

TEST_CASE("a set's table says how old each pod's look is, and which pod is paused though it is ready") {
  PodView paused = ready_replica();
  paused.looked = std::chrono::steady_clock::now() - std::chrono::minutes(3);
  paused.pause = PauseRequest{.pod = "mysql-1", .asked = "2027-01-15T07:00:00Z", .until = 1'800'000'000};
  const PodReport report = report_of(paused);
  CHECK(report.status.ready);
  CHECK(report.status.paused == paused.pause);
  CHECK_THAT(set_table({report}),
             Catch::Contains("  3m0") && Catch::Contains("\n         ok; paused at 2027-01-15T07:00:00Z "
                                                         "until 2027-01-15T08:00:00Z: its sidecar"));
}
