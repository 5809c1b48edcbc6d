#include "agent/donor_fitness.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/pod_view.hpp"

using namespace mysql_agent;
using test::ready_primary;
using test::ready_replica;

namespace {

const BackupTool tool{"/usr/bin/mariadb-backup", "mariadb-backup", {Flavour::mariadb, 10, 11, 6}};

DonorInfo judged(const PodView& view, const std::optional<BackupTool>& with = tool) { return judge_donor(view, EngineChoice::automatic, with, std::chrono::seconds(30)); }

void check_unfit(const DonorInfo& info, const std::string& reason) {
  CHECK_FALSE(info.fit);
  CHECK_THAT(info.reason, Catch::Contains(reason));
}

}  // namespace

TEST_CASE("a ready replica is a fit donor, and says all that it is") {
  const DonorInfo info = judged(ready_replica());
  CHECK(info.fit);
  CHECK(info.has_data);
  CHECK(info.reason.empty());
  CHECK(info.pod == "mysql-1");
  CHECK(info.role == Role::replica);
  CHECK(info.server == ServerVersion{Flavour::mariadb, 10, 11, 19});
  CHECK(info.server_uuid == "uuid-1");
  CHECK(info.tool_name == "mariadb-backup");
  CHECK(info.tool_version == "10.11.6");
  CHECK(info.engines == std::vector<std::string>{"xtrabackup"});
  CHECK(info.position == "0-100-9");
  CHECK(info.replication_state == "running");
  CHECK(info.lag_seconds == 1U);
  CHECK(info.bytes == 3'100'000'000);
}

TEST_CASE("a ready primary is a fit donor without a lag") {
  const DonorInfo info = judged(ready_primary());
  CHECK(info.fit);
  CHECK(info.has_data);
  CHECK(info.role == Role::primary);
  CHECK(info.replication_state == "none");
  CHECK_FALSE(info.lag_seconds.has_value());
}

TEST_CASE("a donor whose server does not answer has nothing to give") {
  PodView view = ready_replica();
  view.server.reset();
  view.server_error = "connection refused";
  check_unfit(judged(view), "connection refused");
  CHECK_FALSE(judged(view).has_data);
}

TEST_CASE("a lost source makes a replica unfit, but its data still counts") {
  PodView view = ready_replica();
  view.server->replica->io = {false, true, 2003, "no route to mysql-0"};
  DonorInfo info = judged(view);
  check_unfit(info, "no route to mysql-0");
  CHECK(info.has_data);
  CHECK(info.replication_error == "no route to mysql-0");
  view.server->replica->sql = {false, false, 1062, "duplicate"};
  CHECK(judged(view).replication_error == "duplicate");
  view = ready_replica();
  view.server->replica->lag_seconds = 31;
  info = judged(view);
  check_unfit(info, "31 s behind");
  CHECK(info.has_data);
  view.held = "own transactions";
  check_unfit(judged(view), "own transactions");
}

TEST_CASE("a donor without a tool for its server is unfit") {
  DonorInfo info = judged(ready_replica(), std::nullopt);
  check_unfit(info, "no backup tool");
  CHECK(info.has_data);
  CHECK(info.engines.empty());
  BackupTool other = tool;
  other.version.minor = 6;
  check_unfit(judged(ready_replica(), other), "mariadb 10.6");
  other = tool;
  other.version.flavour = Flavour::mysql;
  check_unfit(judged(ready_replica(), other), "mysql 10.11");
}

TEST_CASE("a donor without a binary log is unfit") {
  PodView view = ready_replica();
  view.server->log_bin = false;
  check_unfit(judged(view), "binary log");
}

TEST_CASE("what data counts for a lost primary depends on its state") {
  const auto has_data = [](DataState state) {
    PodView view = ready_replica();
    view.state->state = state;
    return judged(view).has_data;
  };
  for (const DataState state : {DataState::published, DataState::replicating, DataState::primary, DataState::adopted}) CHECK(has_data(state));
  for (const DataState state : {DataState::cloning, DataState::cloned, DataState::prepared, DataState::publishing}) CHECK_FALSE(has_data(state));
  PodView view = ready_replica();
  view.state.reset();
  CHECK_FALSE(judged(view).has_data);
}

TEST_CASE("a replica whose clone is unfinished is no fit donor, whatever its server does") {
  for (const DataState state : {DataState::cloning, DataState::cloned, DataState::prepared, DataState::publishing}) {
    PodView view = ready_replica();
    view.state->state = state;
    CAPTURE(state_name(state));
    CHECK_FALSE(judged(view).fit);
  }
}
