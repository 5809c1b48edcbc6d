#include "agent/operate/status.hpp"

#include "agent/pod/status_report.hpp"

#include "tests/support/captured.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/pod_view.hpp"

using namespace mysql_agent;
using test::ready_primary;
using test::ready_replica;
using test::TempDir;
using test::write_text;

namespace {

constexpr ReadyLimits limits{std::chrono::seconds(30), std::chrono::seconds(300)};

std::string table(const PodView& view) {
  return status_table(view, read_status_report(view.pod.name, status_json(view, judge(view, limits))));
}
std::string json(const PodView& view) {
  return status_json(view, judge(view, limits));
}

// A server that is surely not there.
StatusOptions options_for(const TempDir& dir) {
  StatusOptions options;
  options.set.pod = parse_pod_name("mysql-1");
  options.dir = {dir.path()};
  options.login.socket = (dir / "none.sock").string();
  return options;
}

}  // namespace

TEST_CASE("what a server leaves out is said") {
  PodView view = ready_replica();
  view.server->filters = "replicate_ignore_db=logs";
  view.server->logs_replicated = false;
  CHECK_THAT(table(view), Catch::Contains("\nleaves out   replicate_ignore_db=logs; no donor\n"));
  CHECK_THAT(table(view), Catch::Contains("\ndiffers      log_slave_updates is OFF: "));
  CHECK_THAT(json(view), Catch::Contains("\"filters\": \"replicate_ignore_db=logs\""));
  CHECK_THAT(json(view), Catch::Contains("\"logs_replicated\": false"));
}

TEST_CASE("what a server does by itself, and what a person wants of it, is said") {
  PodView view = ready_replica();
  view.server->init_file = "/etc/mysql/init.sql";
  view.server->replica->delay_seconds = 3600;
  CHECK_THAT(table(view), Catch::Contains("\ninit_file    /etc/mysql/init.sql, which the server runs at each start; "
                                          "what it writes here differs\n"));
  CHECK_THAT(table(view), Catch::Contains("\nSQL thread   running, delayed by 3600 s\n"));
  CHECK_THAT(json(view), Catch::Contains("\"init_file\": \"/etc/mysql/init.sql\""));
}

TEST_CASE("a replica's table") {
  CHECK(table(ready_replica()) ==
        "pod          mysql-1\n"
        "role         replica\n"
        "ready        yes\n"
        "data         replicating\n"
        "cloned from  mysql-0 at 0-100-5\n"
        "server       mariadb 10.11.19, server id 101, read only\n"
        "position     0-100-9\n"
        "source       replication@mysql-0.mysql:3306\n"
        "I/O thread   running\n"
        "SQL thread   running\n"
        "lag          1 s\n");
}

TEST_CASE("a table with trouble in it") {
  PodView view = ready_replica();
  view.server->replica->sql = {.error_number = 1062, .error = "duplicate"};
  view.server->replica->io = {.connecting = true, .error = ""};
  view.server->replica->lag_seconds.reset();
  view.server->executed.clear();
  const std::string text = table(view);
  for (const char* line :
       {"ready        no: the SQL thread is stopped, error 1062: duplicate\n", "I/O thread   connecting\n",
        "SQL thread   stopped, error 1062: duplicate\n", "lag          not known\n", "position     none\n"}) {
    INFO(line);
    CHECK_THAT(text, Catch::Contains(line));
  }
}

TEST_CASE("a table of a replica that is ready while its source is away says for how long, and for what it waits") {
  PodView view = ready_replica();
  view.server->replica->io = {.connecting = true, .error = ""};
  view.source_away = true;
  view.not_followed_for = std::chrono::seconds(42);
  CHECK_THAT(table(view), Catch::Contains("ready        yes; without its source for 42 s\n"));
  view.wait = Wait{.kind = WaitKind::primary_not_up, .detail = "it starts"};
  CHECK_THAT(table(view),
             Catch::Contains("ready        yes; without its source for 42 s; the primary is not up: it starts\n"));
}

TEST_CASE("a primary's table, and that of a pod of which nothing is known") {
  CHECK(table(ready_primary()) ==
        "pod          mysql-0\nrole         primary\nready        yes\ndata         primary\n"
        "server       mariadb 10.11.19, server id 101, writable\nposition     0-100-9\n");
  PodView view;
  view.pod.name = "mysql-1";
  view.server_error = "refused";
  CHECK(table(view) ==
        "pod          mysql-1\nrole         replica\nready        no: the server does not answer: refused\ndata        "
        " no state\n");
}

TEST_CASE("a request for a new clone, and data that was set aside, are shown") {
  PodView view = ready_primary();
  view.reclone = RecloneRequest{"mysql-0", "2026-01-31T23:59:59Z", false};
  view.set_aside = {"20250101T000000Z", "20260101T000000Z"};
  CHECK_THAT(table(view),
             Catch::Contains("reclone      asked for at 2026-01-31T23:59:59Z, done at the next start\n"
                             "set aside    .mysql-agent/set-aside/20250101T000000Z, to be removed by hand\n"
                             "set aside    .mysql-agent/set-aside/20260101T000000Z, to be removed by hand\n"));
  CHECK_THAT(json(view),
             Catch::Contains("\"asked\": \"2026-01-31T23:59:59Z\"") && Catch::Contains("\"20260101T000000Z\""));
}

TEST_CASE("status of a server that is not there is printed to stdout, and is not ready") {
  const TempDir dir;
  const test::Captured out(STDOUT_FILENO);
  CHECK_FALSE(print_status(options_for(dir)));
  CHECK_THAT(out.text(), Catch::Contains("ready        no: the server does not answer") &&
                             Catch::Contains("data         no state"));
}

TEST_CASE("status refuses a state file that is not to be understood") {
  const TempDir dir;
  write_text(dir / ".mysql-agent/state.json", "{");
  CHECK(test::code_of([&] { print_status(options_for(dir)); }) == ExitCode::refused);
}
