#include <catch2/catch.hpp>

#include "tests/support/metrics.hpp"
#include "tests/support/same_rows.hpp"
#include "tests/support/snapshot.hpp"
#include "tests/support/watch.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
using namespace std::chrono_literals;

namespace {

void expect_done(const Ran& ran) {
  INFO(ran.output);
  REQUIRE(ran.exit_code == 0);
}

std::string read_only_of(const TestSet& set, int ordinal) {
  return set.value(ordinal, "SELECT @@GLOBAL.read_only");
}

// The pod is ready, and says that it is paused.
void wait_ready_and_paused(TestSet& set, int ordinal) {
  HttpAnswer answer;
  const bool ready = eventually(60s, [&] {
    answer = set.probe(ordinal, "/readyz");
    return answer.status == 200 && answer.body.find("paused at ") != std::string::npos;
  });
  INFO(answer.body << set.sidecar(ordinal).output());
  REQUIRE(ready);
}

void stop_replication(const TestSet& set, int ordinal) {
  set.sql(ordinal, set.kind().is_mysql() ? "STOP REPLICA" : "STOP SLAVE");
}

}  // namespace

TEST_CASE("a paused replica stays as a person left it, also over a restart of its sidecar", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(20);
  set.expect_same_rows(1);
  expect_done(set.ask_sidecar("pause", 1, {"--for", "1h"}));
  INFO("it is ready by what it sees, follows, and says everywhere that it is paused");
  CHECK_THAT(set.probe(1, "/readyz").body,
             Catch::StartsWith("ok; paused at ") && Catch::Contains("mysql-agent resume"));
  set.make_rows(5);
  set.expect_same_rows(1);
  CHECK_THAT(set.status(1).output, Catch::Contains("ready        yes\n") && Catch::Contains("paused       paused at "));
  CHECK_THAT(set.status(1, {"--all"}).output, Catch::Contains("ok; paused at "));
  const Ran doctor = set.doctor(1);
  CHECK(doctor.exit_code == 0);
  CHECK_THAT(doctor.output, Catch::Contains("a person paused the sidecar"));
  CHECK(metric(set, 1, "paused") == "1");
  CHECK(metric(set, 0, "paused") == "0");
  CHECK(donor_field(set, 1, "paused") == "true");
  CHECK_FALSE(donor_says(set, 1, "fit"));
  CHECK_THAT(donor_field(set, 1, "reason"), Catch::StartsWith("paused at "));
  CHECK_THAT(set.sidecar(1).output(), Catch::Contains("sidecar: began a pause"));
  INFO("its threads stay stopped, and its server writable");
  stop_replication(set, 1);
  set.sql(1, "SET GLOBAL read_only = OFF");
  set.wait_not_ready(1, "its sidecar does not set read_only");
  const auto ready = watch_ready(set, 1);
  const auto touched = std::make_unique<Watch>(200ms, [&] {
    if (read_only_of(set, 1) != "0") return std::string("it was closed");
    return set.probe(1, "/status").body.find("\"state\": \"running\"") != std::string::npos
               ? std::string("it replicates")
               : std::string();
  });
  touched->wait_looks(25);
  set.stop_sidecar(1);
  set.start_sidecar(1);
  set.wait_not_ready(1, "paused at ");
  touched->wait_looks(25);
  CHECK(touched->seen() == "");
  CHECK(ready->seen() == "");
  const Ran ill = set.doctor(1);
  CHECK(ill.exit_code == 1);
  CHECK_THAT(ill.output, Catch::Contains("mysql-agent resume: the sidecar is paused, and mends nothing"));
  INFO("resume ends it");
  set.make_rows(5);
  expect_done(set.ask_sidecar("resume", 1));
  set.wait_ready(1);
  set.expect_same_rows(1);
  CHECK(read_only_of(set, 1) == "1");
  CHECK(metric(set, 1, "paused") == "0");
  CHECK(eventually(10s, [&] { return donor_field(set, 1, "paused") == "false"; }));
}

TEST_CASE("a pause ends by itself when its time is over", "[family]") {
  TestSet set;
  set.start_pods(2);
  expect_done(set.ask_sidecar("pause", 1, {"--for", "12s"}));
  stop_replication(set, 1);
  set.wait_not_ready(1, "its sidecar does not start replication");
  set.wait_ready(1);
  CHECK_THAT(set.sidecar(1).output(), Catch::Contains("sidecar: ended the pause"));
  const Ran nothing = set.ask_sidecar("resume", 0);
  expect_done(nothing);
  CHECK_THAT(nothing.output, Catch::Contains("this pod is not paused"));
}

TEST_CASE("a primary that is paused before it is opened stays read-only and not ready", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);
  set.wait_ready(1);
  expect_done(set.ask_sidecar("pause", 0));
  INFO("it is open, and stays so");
  wait_ready_and_paused(set, 0);
  set.make_rows(5);
  INFO("its accounts are left alone");
  set.sql(0, "DROP USER 'replication'@'%'");
  CHECK_FALSE(eventually(
      5s, [&] { return set.value(0, "SELECT COUNT(*) FROM mysql.user WHERE user = 'replication'") != "0"; }));
  INFO("its server starts anew");
  set.restart_server(0);
  set.wait_not_ready(0, "its sidecar does not let the primary take writes");
  const auto open = std::make_unique<Watch>(
      200ms, [&] { return read_only_of(set, 0) == "1" ? std::string() : std::string("it takes writes"); });
  set.stop_sidecar(0);
  set.start_sidecar(0);
  set.wait_not_ready(0, "no other pod is known to have more; paused at ");
  open->wait_looks(25);
  CHECK(open->seen() == "");
  expect_done(set.ask_sidecar("resume", 0));
  set.wait_ready(0);
  CHECK(set.value(0, "SELECT COUNT(*) FROM mysql.user WHERE user = 'replication'") == "1");
  set.make_rows(5);
  set.wait_ready(1);
  set.expect_same_rows(1);
}

TEST_CASE("a paused replica with transactions of its own is never ready with them", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);
  expect_done(set.ask_sidecar("pause", 1));
  SECTION("that changed nothing: they are healed after the pause") {
    // Each family has statements of its own that are logged here.
    set.sql(1, "FLUSH TABLES");
    set.wait_not_ready(1, "its sidecar does not heal this replica");
    const auto ready = watch_ready(set, 1);
    ready->wait_looks(200);
    CHECK(ready->seen() == "");
    expect_done(set.ask_sidecar("resume", 1));
    set.wait_ready(1);
    CHECK(metric(set, 1, "healed_transactions_total") == "1");
    set.make_rows(5);
    set.expect_same_rows(1);
  }
  SECTION("that changed rows: it is held, during the pause and after it") {
    write_own_rows(set, 1, 1);
    set.wait_not_ready(1, "transactions of its own");
    const auto ready = watch_ready(set, 1);
    expect_done(set.ask_sidecar("resume", 1));
    set.make_rows(5);
    ready->wait_looks(200);
    CHECK(ready->seen() == "");
    CHECK(set.doctor(1).exit_code == 3);
  }
}

TEST_CASE("a paused primary that went back and that a person opens makes no replica ready with other rows",
          "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(20);
  set.expect_same_rows(1);
  set.stop_pod(0);
  const VolumeSnapshot snapshot(set, 0);
  set.start_pod(0);
  for (int i = 0; i < 5; ++i) set.make_rows(1);
  set.expect_same_rows(1);
  const std::string rows = set.fingerprint(1);
  set.stop_pod(0);
  snapshot.put_back();
  INFO("no sidecar runs yet");
  expect_done(set.ask_sidecar("pause", 0));
  REQUIRE(set.init(0).exit_code == 0);
  REQUIRE(set.clone(0).exit_code == 0);
  set.start_server(0);
  set.wait_server(0);
  set.start_sidecar(0);
  set.wait_not_ready(0, "it lacks what mysql-1 has");
  CHECK(read_only_of(set, 0) == "1");
  const auto primary_ready = watch_ready(set, 0);
  if (set.kind().is_mysql()) set.sql(0, "SET GLOBAL super_read_only = OFF");
  set.sql(0, "SET GLOBAL read_only = OFF");
  set.wait_not_ready(0, "it is not known whether it has all that the other pods have");
  for (int i = 0; i < 20; ++i) set.make_rows(1);
  primary_ready->wait_looks(200);
  CHECK(primary_ready->seen() == "");
  CHECK(set.fingerprint(1) == rows);
  INFO("after the pause the replica is held: each has what the other lacks");
  expect_done(set.ask_sidecar("resume", 0));
  set.wait_ready(0);
  set.wait_not_ready(1, "");
  const auto replica_ready = watch_ready(set, 1);
  set.make_rows(5);
  CHECK_FALSE(eventually(15s, [&] { return !replica_ready->seen().empty(); }));
  CHECK(set.fingerprint(1) == rows);
}
