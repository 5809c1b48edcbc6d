#include "agent/replication_plan.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;

namespace {

const SourceAddress source{"mysql-0.mysql", 3306, "replication", Secret("pw")};
constexpr DataState unfinished[] = {DataState::cloning, DataState::cloned, DataState::prepared, DataState::publishing};
constexpr DataState before_replication[] = {DataState::published, DataState::adopted};
constexpr DataState of_replica[] = {DataState::published, DataState::adopted, DataState::replicating};

AgentState state_of(DataState state, const std::string& recorded = "0-100-5") {
  AgentState out;
  out.state = state;
  out.pod = "mysql-1";
  out.origin = state == DataState::adopted ? Origin::adopt : Origin::clone;
  out.position = {recorded, "binlog.000001", 328};
  return out;
}

// A replica's server, without a source.
ServerFacts server_at(const std::string& applied) {
  ServerFacts server;
  server.version = {Flavour::mariadb, 10, 11, 19};
  server.server_id = 101;
  server.applied = server.logged = server.executed = applied;
  return server;
}

// The same, that replicates as it should.
ServerFacts replicating(const std::string& applied = "0-100-9") {
  ServerFacts server = server_at(applied);
  server.replica = ReplicaStatus{source.host, source.port, source.user, true, {true, false, 0, ""}, {true, false, 0, ""}, 0, false, {}};
  return server;
}

ReplicationPlan plan(DataState state, const ServerFacts& server) { return plan_replication(Role::replica, state_of(state), server, source); }
ReplicationPlan plan(const AgentState& state, const ServerFacts& server) { return plan_replication(Role::replica, state, server, source); }
ReplicationPlan primary_plan(const std::optional<AgentState>& state, const ServerFacts& server) {
  return plan_replication(Role::primary, state, server, source);
}

}  // namespace

TEST_CASE("row 1: a primary without a state, or adopted, becomes the primary") {
  for (const ServerFacts& server : {server_at(""), replicating()}) {
    CHECK(primary_plan(std::nullopt, server).action == ReplicationAction::become_primary);
    CHECK(primary_plan(state_of(DataState::adopted), server).action == ReplicationAction::become_primary);
  }
}

TEST_CASE("row 2: a recovered primary becomes the primary, with or without the source that came along") {
  for (const ServerFacts& server : {server_at("0-100-5"), replicating()})
    CHECK(primary_plan(state_of(DataState::published), server).action == ReplicationAction::become_primary);
}

TEST_CASE("row 3: a primary is left alone") {
  for (const ServerFacts& server : {server_at("0-100-5"), replicating()})
    CHECK(primary_plan(state_of(DataState::primary), server).action == ReplicationAction::nothing);
}

TEST_CASE("row 4: a replica's volume does not make a primary") {
  const ReplicationPlan held = primary_plan(state_of(DataState::replicating), replicating());
  CHECK(held.action == ReplicationAction::hold);
  CHECK_THAT(held.reason, Catch::Contains("replicating"));
}

TEST_CASE("row 5: a server that runs on an unfinished clone is held") {
  for (const DataState state : unfinished) {
    CAPTURE(state_name(state));
    CHECK(primary_plan(state_of(state), server_at("")).action == ReplicationAction::hold);
    CHECK(plan(state, server_at("")).action == ReplicationAction::hold);
    CHECK(plan(state, replicating()).action == ReplicationAction::hold);
    CHECK_THAT(plan(state, replicating()).reason, Catch::Contains(state_name(state)));
  }
}

TEST_CASE("row 6: a replica without a state, or with a primary's, is held") {
  for (const ServerFacts& server : {server_at(""), replicating()}) {
    CHECK(plan_replication(Role::replica, std::nullopt, server, source).action == ReplicationAction::hold);
    CHECK(plan(DataState::primary, server).action == ReplicationAction::hold);
  }
}

TEST_CASE("row 7: a replica with transactions of its own is held, with their GTIDs") {
  for (const DataState state : of_replica) {
    for (ServerFacts server : {server_at("0-100-9"), replicating("0-100-9")}) {
      server.logged = "0-101-10";
      const ReplicationPlan held = plan(state, server);
      CHECK(held.action == ReplicationAction::hold);
      CHECK_THAT(held.reason, Catch::Contains("0-101-10") && Catch::Contains("0-100-9"));
    }
  }
}

TEST_CASE("own transactions are those past the applied position with the server's own id") {
  const auto own = [](const std::string& applied, const std::string& logged) {
    ServerFacts server = server_at(applied);
    server.logged = logged;
    return own_transactions(server);
  };
  CHECK(own("0-100-9", "0-101-10") == "0-101-10");
  CHECK(own("", "0-101-1") == "0-101-1");
  CHECK(own("0-100-9", "0-100-9,5-101-1,6-101-2") == "5-101-1,6-101-2");
  // Applied and not logged yet, logged and not applied yet, another's, and its own that came back from the source.
  CHECK(own("0-100-9", "0-100-8").empty());
  CHECK(own("0-100-9", "0-100-10").empty());
  CHECK(own("0-100-9", "0-100-9,5-102-1").empty());
  CHECK(own("0-101-9", "0-101-9").empty());
  CHECK(own("0-100-9", "").empty());
}

TEST_CASE("row 8: positions that each have what the other lacks are held") {
  for (const DataState state : before_replication) {
    const ReplicationPlan held = plan(state_of(state, "0-100-5,1-100-2"), server_at("0-100-6"));
    CHECK(held.action == ReplicationAction::hold);
    CHECK_THAT(held.reason, Catch::Contains("0-100-5,1-100-2") && Catch::Contains("0-100-6"));
  }
}

TEST_CASE("row 9: without a source, a recorded position that is ahead is set") {
  for (const DataState state : before_replication)
    for (const char* applied : {"", "0-100-4"}) {
      const ReplicationPlan out = plan(state, server_at(applied));
      CHECK(out.action == ReplicationAction::set_up);
      CHECK(out.set_position);
      CHECK_FALSE(out.after_error);
    }
}

TEST_CASE("row 10: without a source, a server that is further than the record keeps its position") {
  for (const DataState state : before_replication)
    for (const char* applied : {"0-100-5", "0-100-9", "0-100-5,1-100-1"}) {
      const ReplicationPlan out = plan(state, server_at(applied));
      CHECK(out.action == ReplicationAction::set_up);
      CHECK_FALSE(out.set_position);
    }
}

TEST_CASE("a replica that lost its source goes on from where it is, not from the record") {
  const ReplicationPlan out = plan(DataState::replicating, server_at("0-100-9"));
  CHECK(out.action == ReplicationAction::set_up);
  CHECK_FALSE(out.set_position);
}

TEST_CASE("row 19: a replica whose position was reset is held: its record is older than its data") {
  for (const char* applied : {"", "0-100-4"}) {
    const ReplicationPlan held = plan(DataState::replicating, server_at(applied));
    CHECK(held.action == ReplicationAction::hold);
    CHECK_THAT(held.reason, Catch::Contains("0-100-5"));
  }
}

TEST_CASE("row 11: adopted data without any position is held") {
  AgentState state = state_of(DataState::adopted, "");
  state.position = {};
  CHECK(plan(state, server_at("")).action == ReplicationAction::hold);
  CHECK(plan(state, server_at("0-100-5")).action == ReplicationAction::set_up);
}

TEST_CASE("a clone of a source that has written nothing starts at its beginning") {
  const ReplicationPlan out = plan(state_of(DataState::published, ""), server_at(""));
  CHECK(out.action == ReplicationAction::set_up);
  CHECK_FALSE(out.set_position);
}

TEST_CASE("adopted data with a file and an offset, and no GTID, is not replicated from the source's beginning") {
  // What the tutorial leaves in change_master_to.sql.in; the source may be far beyond its first transaction.
  const ReplicationPlan out = plan(state_of(DataState::adopted, ""), server_at(""));
  CHECK(out.action == ReplicationAction::hold);
}

TEST_CASE("row 12: another source, or the wrong way to it, is replaced, and the position stays") {
  const DataState state = GENERATE(from_range(std::begin(of_replica), std::end(of_replica)));
  ServerFacts server = replicating();
  SECTION("host") { server.replica->source_host = "mysql-1.mysql"; }
  SECTION("port") { server.replica->source_port = 3307; }
  SECTION("user") { server.replica->source_user = "root"; }
  SECTION("file and position") { server.replica->by_gtid = false; }
  const ReplicationPlan out = plan(state, server);
  CHECK(out.action == ReplicationAction::set_up);
  CHECK_FALSE(out.set_position);
  CHECK_FALSE(out.after_error);
}

TEST_CASE("row 13: purged logs or an unknown position are held, with the position") {
  for (const DataState state : of_replica) {
    ServerFacts server = replicating("0-100-9");
    server.replica->io = {false, false, 1236, "Could not find GTID state"};
    const ReplicationPlan held = plan(state, server);
    CHECK(held.action == ReplicationAction::hold);
    CHECK_THAT(held.reason, Catch::Contains("0-100-9") && Catch::Contains("Could not find GTID state"));
    // The thread runs again: the error is an old one.
    server.replica->io.running = true;
    CHECK(plan(state, server).action != ReplicationAction::hold);
  }
}

TEST_CASE("row 14: transactions out of order are held") {
  for (const DataState state : of_replica) {
    ServerFacts server = replicating();
    server.replica->sql = {false, false, 1950, "out of order"};
    const ReplicationPlan held = plan(state, server);
    CHECK(held.action == ReplicationAction::hold);
    CHECK_THAT(held.reason, Catch::Contains("out of order"));
  }
}

TEST_CASE("row 15: a refused login sets the password again, not at once") {
  for (const DataState state : of_replica)
    for (const bool connecting : {false, true}) {
      ServerFacts server = replicating();
      server.replica->io = {false, connecting, 1045, "Access denied"};
      const ReplicationPlan out = plan(state, server);
      CHECK(out.action == ReplicationAction::set_up);
      CHECK(out.after_error);
      CHECK_FALSE(out.set_position);
    }
}

TEST_CASE("row 16: a stopped thread is started, not at once after an error") {
  const DataState state = GENERATE(from_range(std::begin(of_replica), std::end(of_replica)));
  const int number = GENERATE(0, 1062);
  ServerFacts server = replicating();
  SECTION("I/O") { server.replica->io = {false, false, number, "it broke"}; }
  SECTION("SQL") { server.replica->sql = {false, false, number, "it broke"}; }
  const ReplicationPlan out = plan(state, server);
  CHECK(out.action == ReplicationAction::start);
  CHECK(out.after_error == (number != 0));
  if (number != 0) CHECK_THAT(out.reason, Catch::Contains("1062") && Catch::Contains("it broke"));
}

TEST_CASE("row 17: replication that runs, or goes on trying, is written down") {
  for (const DataState state : before_replication) {
    ServerFacts server = replicating();
    CHECK(plan(state, server).action == ReplicationAction::mark);
    server.replica->io = {false, true, 2003, "no route"};
    CHECK(plan(state, server).action == ReplicationAction::mark);
  }
}

TEST_CASE("row 18: replication that runs, or goes on trying, is left alone") {
  ServerFacts server = replicating();
  CHECK(plan(DataState::replicating, server).action == ReplicationAction::nothing);
  server.replica->io = {false, true, 2003, "no route"};
  CHECK(plan(DataState::replicating, server).action == ReplicationAction::nothing);
}

TEST_CASE("where sources are set, the address counts and the password does not") {
  SourceAddress same = source;
  same.password = Secret("another");
  CHECK(same == source);
  same.port = 1;
  CHECK_FALSE(same == source);
}
