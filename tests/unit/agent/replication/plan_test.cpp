#include "agent/replication/plan.hpp"

#include <catch2/catch.hpp>
#include <cctype>

using namespace mysql_agent;

namespace {

const SourceAddress source{"mysql-0.mysql", 3306, "replication", Secret("pw")};
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
  server.replica = ReplicaStatus{source.host,          source.port, source.user, true, {true, false, 0, ""},
                                 {true, false, 0, ""}, 0,           false,       {}};
  return server;
}

// GTIDs of the primary's server, and of the replica's own.
const std::string replica_uuid = "8a94f357-aab4-11df-86ab-c80aa9429562";
std::string of_primary(const std::string& intervals) {
  return "3e11fa47-71ca-11e1-9e33-c80aa9429562:" + intervals;
}
std::string of_replica_itself(const std::string& intervals) {
  return replica_uuid + ":" + intervals;
}

AgentState mysql_state(DataState state, const std::string& recorded = of_primary("1-5")) {
  return state_of(state, recorded);
}

// A MySQL replica's server, without a source. It has no position but all that it has executed.
ServerFacts mysql_at(const std::string& executed) {
  ServerFacts server;
  server.version = {Flavour::mysql, 9, 7, 4};
  server.uuid = replica_uuid;
  server.server_id = 101;
  server.executed = executed;
  return server;
}

// The same, that replicates as it should.
ServerFacts mysql_replicating(const std::string& executed = of_primary("1-9")) {
  ServerFacts server = mysql_at(executed);
  server.replica = ReplicaStatus{source.host,          source.port, source.user, true, {true, false, 0, ""},
                                 {true, false, 0, ""}, 0,           true,        {}};
  return server;
}

// What a copy of a replica's files brings along: a source, and no thread that runs.
ServerFacts mysql_stopped(const std::string& executed = of_primary("1-9")) {
  ServerFacts server = mysql_replicating(executed);
  server.replica->io = server.replica->sql = {};
  return server;
}

// A MySQL server with gtid_mode=OFF, that has executed its source's log up to there.
ServerFacts by_file(const std::string& file, std::uint64_t offset) {
  ServerFacts server = mysql_replicating("");
  server.by_gtid = server.replica->by_gtid = false;
  server.replica->executed = {"", file, offset};
  return server;
}

AgentState recorded_at(DataState state, const std::string& file, std::uint64_t offset) {
  AgentState out = state_of(state, "");
  out.position = {"", file, offset};
  return out;
}

ReplicationPlan plan(DataState state, const ServerFacts& server) {
  return plan_replication(Role::replica, state_of(state), server, source);
}
ReplicationPlan plan(const AgentState& state, const ServerFacts& server) {
  return plan_replication(Role::replica, state, server, source);
}
ReplicationPlan primary_plan(const std::optional<AgentState>& state, const ServerFacts& server) {
  return plan_replication(Role::primary, state, server, source);
}

ReplicationPlan mysql_plan(DataState state, const ServerFacts& server) {
  return plan(mysql_state(state), server);
}

void check_set_up(const ReplicationPlan& out, bool set_position) {
  CHECK(out.action == ReplicationAction::set_up);
  CHECK(out.set_position == set_position);
  CHECK(out.settings.by_gtid);
  CHECK(out.settings.tls);
  CHECK_FALSE(out.after_error);
}

void check_set_up_by_file(const ReplicationPlan& out, const std::string& file, std::uint64_t offset) {
  CHECK(out.action == ReplicationAction::set_up);
  CHECK_FALSE(out.set_position);
  CHECK_FALSE(out.settings.by_gtid);
  CHECK(out.settings.start.binlog_file == file);
  CHECK(out.settings.start.binlog_offset == offset);
}

std::string plan_text(const ReplicationPlan& out, const ServerFacts& server = {}) {
  return out.action == ReplicationAction::hold ? hold_text(out.hold) : plan_reason_text(out.reason, server.replica);
}

void check_hold(const ReplicationPlan& out, const std::string& reason) {
  CHECK(out.action == ReplicationAction::hold);
  CHECK_THAT(plan_text(out), Catch::Contains(reason));
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

TEST_CASE("row 2: a recovered primary of MySQL gets the recorded GTIDs that its own tables lack") {
  const auto sets = [](const AgentState& state, const ServerFacts& server) {
    const ReplicationPlan out = primary_plan(state, server);
    CHECK(out.action == ReplicationAction::become_primary);
    return out.set_position;
  };
  const AgentState recovered = mysql_state(DataState::published);
  for (const std::string& executed : {std::string(), of_primary("1-4"), of_primary("2-3")})
    for (const ServerFacts& server : {mysql_at(executed), mysql_stopped(executed)}) CHECK(sets(recovered, server));
  // What it has is never taken away, and nothing is set twice.
  for (const std::string& executed :
       {of_primary("1-5"), of_primary("1-9"), of_primary("1-3:6"), of_primary("1-4") + "," + of_replica_itself("1")})
    CHECK_FALSE(sets(recovered, mysql_at(executed)));
  CHECK_FALSE(sets(mysql_state(DataState::adopted), mysql_at("")));
  CHECK_FALSE(sets(state_of(DataState::published), server_at("")));
  ServerFacts by_offset = mysql_at("");
  by_offset.by_gtid = false;
  CHECK_FALSE(sets(recovered, by_offset));
  CHECK_FALSE(primary_plan(mysql_state(DataState::primary), mysql_at("")).set_position);
}

TEST_CASE("row 3: a primary is left alone") {
  for (const ServerFacts& server : {server_at("0-100-5"), replicating()})
    CHECK(primary_plan(state_of(DataState::primary), server).action == ReplicationAction::nothing);
}

TEST_CASE("row 4: a replica's volume does not make a primary") {
  const ReplicationPlan held = primary_plan(state_of(DataState::replicating), replicating());
  CHECK(held.action == ReplicationAction::hold);
  CHECK_THAT(plan_text(held), Catch::Contains("replicating"));
}

TEST_CASE("row 5: a server that runs on an unfinished clone is held") {
  for (const DataState state : all_states) {
    if (is_settled(state)) continue;
    CAPTURE(state_name(state));
    CHECK(primary_plan(state_of(state), server_at("")).action == ReplicationAction::hold);
    CHECK(plan(state, server_at("")).action == ReplicationAction::hold);
    CHECK(plan(state, replicating()).action == ReplicationAction::hold);
    CHECK_THAT(plan_text(plan(state, replicating())), Catch::Contains(state_name(state)));
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
      CHECK_THAT(plan_text(held), Catch::Contains("0-101-10") && Catch::Contains("0-100-9"));
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

TEST_CASE("row 7: a replica of MySQL with GTIDs of its own UUID is held, with them") {
  const std::string executed = of_primary("1-9") + "," + of_replica_itself("1-2:tag:7");
  for (const DataState state : of_replica)
    for (const ServerFacts& server : {mysql_at(executed), mysql_replicating(executed)}) {
      const ReplicationPlan held = mysql_plan(state, server);
      check_hold(held, "transactions of its own that the source has not: " + of_replica_itself("1-2:tag:7") + ",");
      CHECK_THAT(plan_text(held), Catch::Contains(of_primary("1-9")));
    }
}

TEST_CASE("on MySQL own transactions are those with the server's own UUID, in any case") {
  ServerFacts server = mysql_at(of_primary("1-9") + "," + of_replica_itself("1-2"));
  CHECK(own_transactions(server) == of_replica_itself("1-2"));
  for (char& c : server.uuid) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  CHECK(own_transactions(server) == of_replica_itself("1-2"));
  // The server's number plays no part, nor do the words of MariaDB.
  server = mysql_at(of_primary("1-9"));
  server.logged = "0-101-10";
  CHECK(own_transactions(server).empty());
  CHECK(own_transactions(mysql_at("")).empty());
}

TEST_CASE("row 8: positions that each have what the other lacks are held") {
  for (const DataState state : before_replication) {
    const ReplicationPlan held = plan(state_of(state, "0-100-5,1-100-2"), server_at("0-100-6"));
    CHECK(held.action == ReplicationAction::hold);
    CHECK_THAT(plan_text(held), Catch::Contains("0-100-5,1-100-2") && Catch::Contains("0-100-6"));
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
    CHECK_THAT(plan_text(held), Catch::Contains("0-100-5"));
  }
}

TEST_CASE("row 11: adopted data without any position is held") {
  AgentState state = state_of(DataState::adopted, "");
  state.position = {};
  CHECK(plan(state, server_at("")).action == ReplicationAction::hold);
  CHECK(plan(state, server_at("0-100-5")).action == ReplicationAction::set_up);
}

TEST_CASE("row 8: GTID sets that each have what the other lacks are held") {
  for (const DataState state : before_replication) {
    // Of the same server: what is missing is in the middle.
    const ReplicationPlan held = mysql_plan(state, mysql_at(of_primary("1-3:6-9")));
    check_hold(held, "the clone was at " + of_primary("1-5") + " and the server is at " + of_primary("1-3:6-9"));
  }
}

TEST_CASE("row 9: without a source, a recorded GTID set that is ahead is set") {
  for (const DataState state : before_replication)
    for (const std::string& executed : {std::string(), of_primary("1-4"), of_primary("1-2:4-5")})
      check_set_up(mysql_plan(state, mysql_at(executed)), true);
}

TEST_CASE("row 10: without a source, a server that has all that is recorded keeps its GTIDs") {
  for (const DataState state : of_replica)
    for (const std::string& executed :
         {of_primary("1-5"), of_primary("1-9"), of_primary("1-5") + ",ffffffff-71ca-11e1-9e33-c80aa9429562:1"})
      check_set_up(mysql_plan(state, mysql_at(executed)), false);
}

TEST_CASE("row 11: adopted data of MySQL without any GTID is held") {
  AgentState state = mysql_state(DataState::adopted, "");
  check_hold(plan(state, mysql_at("")), "recorded: binlog.000001:328");
  check_set_up(plan(state, mysql_at(of_primary("1-5"))), false);
  state.state = DataState::published;
  check_set_up(plan(state, mysql_at("")), false);
}

TEST_CASE("row 19: a replica of MySQL whose GTIDs were reset is held") {
  for (const std::string& executed : {std::string(), of_primary("1-4")})
    check_hold(mysql_plan(DataState::replicating, mysql_at(executed)), "behind " + of_primary("1-5"));
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
  SECTION("host") {
    server.replica->source_host = "mysql-1.mysql";
  }
  SECTION("port") {
    server.replica->source_port = 3307;
  }
  SECTION("user") {
    server.replica->source_user = "root";
  }
  SECTION("file and position") {
    server.replica->by_gtid = false;
  }
  SECTION("a server that connects again by itself") {
    server.replica->connects_again = true;
  }
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
    CHECK_THAT(plan_text(held), Catch::Contains("0-100-9") && Catch::Contains("Could not find GTID state"));
    // The thread runs again: the error is an old one.
    server.replica->io.running = true;
    CHECK(plan(state, server).action != ReplicationAction::hold);
  }
}

TEST_CASE("row 13: MySQL's own number for purged logs is held as well") {
  for (const DataState state : of_replica)
    for (const int number : {1236, 13114}) {
      ServerFacts server = mysql_replicating();
      server.replica->io = {false, false, number, "purged required binary logs"};
      const ReplicationPlan held = mysql_plan(state, server);
      check_hold(held, "cannot go on from " + of_primary("1-9"));
      CHECK_THAT(plan_text(held), Catch::Contains("error " + std::to_string(number) + ": purged required binary logs"));
      server.replica->io.running = true;
      CHECK(mysql_plan(state, server).action != ReplicationAction::hold);
    }
}

TEST_CASE("row 13: what else a source says under that number passes, and is tried again") {
  for (const int number : {1236, 13114})
    for (const char* text :
         {"log event entry exceeded max_allowed_packet; Increase max_allowed_packet on source",
          "binlog truncated in the middle of event; consider out of disk space on source",
          "A replica with the same server_uuid/server_id as this replica has connected to the source", ""}) {
      INFO(text);
      ServerFacts server = mysql_replicating();
      server.replica->io = {
          false, false, number,
          std::string("Got fatal error 1236 from source when reading data from binary log: '") + text + "'"};
      const ReplicationPlan out = mysql_plan(DataState::replicating, server);
      CHECK(out.action == ReplicationAction::start);
      CHECK(out.after_error);
      CHECK_THAT(plan_text(out, server), Catch::Contains(std::to_string(number)) && Catch::Contains(text));
    }
}

TEST_CASE("row 13: each server's words for logs that are purged and positions that it does not know") {
  for (const char* text :
       {"Cannot replicate because the source purged required binary logs.",
        "The slave is connecting using CHANGE MASTER TO MASTER_AUTO_POSITION = 1, but the master has purged binary "
        "logs containing GTIDs that the slave requires.",
        "Replica has more GTIDs than the source has, using the source's SERVER_UUID.",
        "Could not find first log file name in binary log index file",
        "Client requested source to start replication from position > file size",
        "Could not find GTID state requested by slave in any binlog files. Probably the slave state is too old and "
        "required binlog files have been purged.",
        "Error: connecting slave requested to start from GTID 0-100-7, which is not in the master's binlog",
        "The binlog on the master is missing the GTID 0-100-7 requested by the slave (even though a subsequent "
        "sequence number does exist), and GTID strict "
        "mode is enabled"}) {
    INFO(text);
    ServerFacts server = replicating();
    server.replica->io = {
        false, false, 1236,
        std::string("Got fatal error 1236 from master when reading data from binary log: '") + text + "'"};
    check_hold(plan(DataState::replicating, server), "cannot go on from");
    // Under another number they say something else.
    server.replica->io.error_number = 1593;
    CHECK(plan(DataState::replicating, server).action == ReplicationAction::start);
  }
}

TEST_CASE("row 14: transactions out of order are held") {
  for (const DataState state : of_replica) {
    ServerFacts server = replicating();
    server.replica->sql = {false, false, 1950, "out of order"};
    const ReplicationPlan held = plan(state, server);
    CHECK(held.action == ReplicationAction::hold);
    CHECK_THAT(plan_text(held), Catch::Contains("out of order"));
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
  SECTION("I/O") {
    server.replica->io = {false, false, number, number == 0 ? "" : "it broke"};
  }
  SECTION("SQL") {
    server.replica->sql = {false, false, number, number == 0 ? "" : "it broke"};
  }
  const ReplicationPlan out = plan(state, server);
  CHECK(out.action == ReplicationAction::start);
  CHECK(out.after_error == (number != 0));
  if (number != 0) CHECK_THAT(plan_text(out, server), Catch::Contains("1062") && Catch::Contains("it broke"));
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

TEST_CASE("row 24: where the I/O thread of MySQL stopped, a source that is set without TLS is tried with TLS again") {
  for (const DataState state : of_replica)
    for (const int number : {0, 2003, 1062}) {
      ServerFacts server = mysql_replicating();
      server.replica->tls = false;
      CHECK(mysql_plan(state, server).action != ReplicationAction::set_up);
      // The SQL thread's own errors are none of the connection's.
      server.replica->sql = {false, false, number, number == 0 ? "" : "it broke"};
      CHECK(mysql_plan(state, server).action == ReplicationAction::start);
      server.replica->sql = {true, false, 0, ""};
      server.replica->io = {false, false, number, number == 0 ? "" : "it broke"};
      const ReplicationPlan out = mysql_plan(state, server);
      CHECK(out.action == ReplicationAction::set_up);
      CHECK(out.settings.tls);
      CHECK_FALSE(out.set_position);
      CHECK(out.after_error == (number != 0));
      server.replica->tls = true;
      CHECK(mysql_plan(state, server).action == ReplicationAction::start);
    }
  // MariaDB's word means another thing: without it is its default.
  ServerFacts server = replicating();
  server.replica->io = {false, false, 2003, "no route"};
  CHECK(plan(DataState::replicating, server).action == ReplicationAction::start);
  // By file and offset the place is kept.
  ServerFacts file = by_file("binlog.000007", 77);
  file.replica->tls = false;
  file.replica->io = {false, false, 2003, "no route"};
  check_set_up_by_file(plan(recorded_at(DataState::replicating, "binlog.000001", 4), file), "binlog.000007", 77);
}

TEST_CASE("row 20: a source that came with a clone is set up anew, at the recorded position where that is ahead") {
  check_set_up(mysql_plan(DataState::published, mysql_stopped(of_primary("1-4"))), true);
  check_set_up(mysql_plan(DataState::published, mysql_stopped("")), true);
  check_set_up(mysql_plan(DataState::published, mysql_stopped(of_primary("1-5"))), false);
  check_set_up(mysql_plan(DataState::published, mysql_stopped(of_primary("1-9"))), false);
  CHECK(mysql_plan(DataState::published, mysql_stopped()).reason == PlanReason::source_of_the_donor);
  check_set_up(plan(DataState::published,
                    [] {
                      ServerFacts server = replicating("0-100-4");
                      server.replica->io = server.replica->sql = {};
                      return server;
                    }()),
               true);
}

TEST_CASE("row 20: a clone whose GTIDs each lack some of the other is held, with its source as without") {
  check_hold(mysql_plan(DataState::published, mysql_stopped(of_primary("1-3:6-9"))), "each has what the other lacks");
}

TEST_CASE("row 16: a thread that ended with a text and without a number has failed, and the text is told") {
  ServerFacts server = replicating();
  SECTION("I/O") {
    server.replica->io = {false, false, 0, "it broke"};
  }
  SECTION("SQL") {
    server.replica->sql = {false, false, 0, "it broke"};
  }
  const ReplicationPlan out = plan(DataState::replicating, server);
  CHECK(out.action == ReplicationAction::start);
  CHECK(out.after_error);
  CHECK_THAT(plan_reason_text(out.reason, server.replica), Catch::Contains("it broke"));
}

TEST_CASE("row 20 is of published clones alone, with both threads stopped and no error") {
  for (const DataState state : {DataState::adopted, DataState::replicating}) {
    const ReplicationPlan out = mysql_plan(state, mysql_stopped(of_primary("1-4")));
    CHECK(out.action == ReplicationAction::start);
    CHECK_FALSE(out.after_error);
  }
  const ServerFacts stopped = mysql_stopped(of_primary("1-4"));
  const auto started = [&](void (*change)(ReplicaStatus&), bool after_error) {
    ServerFacts server = stopped;
    change(*server.replica);
    const ReplicationPlan out = mysql_plan(DataState::published, server);
    CHECK(out.action == ReplicationAction::start);
    CHECK(out.after_error == after_error);
  };
  started([](ReplicaStatus& r) { r.io.running = true; }, false);
  started([](ReplicaStatus& r) { r.io.connecting = true; }, false);
  started([](ReplicaStatus& r) { r.sql.running = true; }, false);
  started([](ReplicaStatus& r) { r.io = {false, false, 2003, "no route"}; }, true);
  started([](ReplicaStatus& r) { r.sql = {false, false, 1872, "relay log info"}; }, true);
}

TEST_CASE("a published clone's recorded position is set also where its source is another, or refuses the login") {
  ServerFacts server = mysql_replicating(of_primary("1-4"));
  SECTION("row 12, another host") {
    server.replica->source_host = "mysql-1.mysql";
  }
  SECTION("row 15") {
    server.replica->io = {false, true, 1045, "Access denied"};
  }
  SECTION("row 21") {
    server.replica->io = {false, true, 2026, "no TLS"};
  }
  for (const DataState state : of_replica) {
    const ReplicationPlan out = mysql_plan(state, server);
    CHECK(out.action == ReplicationAction::set_up);
    CHECK(out.set_position == (state == DataState::published));
    CHECK(out.after_error == (server.replica->io.error_number == 1045));
  }
}

TEST_CASE(
    "row 25: a published clone with GTIDs is set up by them, also where its source came along by file and offset") {
  ServerFacts server = mysql_replicating(of_primary("1-4"));
  server.replica->by_gtid = false;
  check_set_up(mysql_plan(DataState::published, server), true);
}

TEST_CASE("row 21: a source without TLS is followed without, only where TLS is on") {
  for (const DataState state : of_replica)
    for (const bool connecting : {false, true}) {
      ServerFacts server = mysql_replicating();
      server.replica->io = {false, connecting, 2026, "SSL connection error"};
      const ReplicationPlan out = mysql_plan(state, server);
      CHECK(out.action == ReplicationAction::set_up);
      CHECK(out.reason == PlanReason::source_without_tls);
      CHECK(out.settings.by_gtid);
      CHECK_FALSE(out.settings.tls);
      CHECK_FALSE(out.set_position);
      CHECK_FALSE(out.after_error);
      server.replica->tls = false;
      const ReplicationPlan without = mysql_plan(state, server);
      if (connecting)
        CHECK(without.action ==
              (state == DataState::replicating ? ReplicationAction::nothing : ReplicationAction::mark));
      else CHECK((without.action == ReplicationAction::start && without.after_error));
      // The thread runs: the error is an old one.
      server = mysql_replicating();
      server.replica->io.error_number = 2026;
      CHECK(mysql_plan(state, server).action != ReplicationAction::set_up);
    }
}

TEST_CASE("row 22: by file and offset, a server without a source starts where it is recorded") {
  for (const DataState state : before_replication) {
    ServerFacts server = by_file("", 0);
    server.replica.reset();
    const ReplicationPlan out = plan(recorded_at(state, "binlog.000007", 154), server);
    check_set_up_by_file(out, "binlog.000007", 154);
    CHECK(out.settings.tls);
    CHECK_FALSE(out.after_error);
    // GTIDs do not count, where there are some from before.
    AgentState both = mysql_state(state);
    check_set_up_by_file(plan(both, server), "binlog.000001", 328);
  }
}

TEST_CASE("row 23: by file and offset, a server without a source and without a record is held") {
  ServerFacts server = by_file("", 0);
  server.replica.reset();
  for (const DataState state : before_replication) {
    check_hold(plan(recorded_at(state, "", 0), server), "recorded: none");
    AgentState gtids_alone = mysql_state(state);
    gtids_alone.position.binlog_file.clear();
    check_hold(plan(gtids_alone, server), "recorded: " + of_primary("1-5"));
  }
  check_hold(plan(recorded_at(DataState::replicating, "binlog.000007", 154), server), "has forgotten its source");
}

TEST_CASE("row 25: MySQL that has come by file and offset is not switched to GTIDs") {
  ServerFacts server = mysql_replicating(GENERATE(std::string(), of_primary("1-9")));
  server.replica->by_gtid = false;
  SECTION("it runs") {}
  SECTION("it is stopped, as after a restart of its server") {
    server.replica->io = server.replica->sql = {};
  }
  SECTION("another source") {
    server.replica->source_host = "mysql-1.mysql";
  }
  SECTION("another account, as after the tutorial's scripts") {
    server.replica->source_user = "root";
  }
  SECTION("an error of the I/O thread") {
    server.replica->io = {false, false, 13117, "the source has GTID_MODE = OFF"};
  }
  for (const DataState state : of_replica)
    check_hold(plan(recorded_at(state, "binlog.000007", 154), server), "gtid_mode=ON");
  for (const DataState state : {DataState::adopted, DataState::replicating})
    check_hold(mysql_plan(state, server), "ON_PERMISSIVE");
  // A clone whose source had gtid_mode=OFF has GTIDs from before that, at most.
  AgentState of_off = mysql_state(DataState::published);
  of_off.by_file = true;
  check_hold(plan(of_off, server), "gtid_mode=ON");
  CHECK(kind_of(plan(of_off, server).hold.cause) == HoldKind::position);
  // A person has switched it.
  of_off.state = DataState::replicating;
  CHECK(plan(of_off, mysql_replicating()).action == ReplicationAction::nothing);
}

TEST_CASE("row 25: MariaDB is switched to GTIDs where it has a position, and else not") {
  ServerFacts server = replicating("");
  server.replica->by_gtid = false;
  server.replica->source_user = "root";
  for (const DataState state : {DataState::adopted, DataState::replicating})
    check_hold(plan(state, server), "no GTID position");
  check_hold(plan(state_of(DataState::published, ""), server), "no GTID position");
  check_set_up(plan(DataState::published, server), true);
  server.applied = server.logged = server.executed = "0-100-9";
  for (const DataState state : of_replica) check_set_up(plan(state, server), false);
}

TEST_CASE("row 26: MySQL without a source, whose data is from one with gtid_mode=OFF, is not replicated by GTID") {
  for (const DataState state : before_replication)
    for (const std::string& gtids : {std::string(), of_primary("1-5")}) {
      AgentState by_offset = mysql_state(state, gtids);
      by_offset.by_file = true;
      check_hold(plan(by_offset, mysql_at(gtids)), "gtid_mode=ON");
    }
  // What came from one that has written nothing is all that there is.
  check_set_up(plan(mysql_state(DataState::published, ""), mysql_at("")), false);
}

TEST_CASE("a relay log that may hold another set's events is thrown away before replication goes on") {
  for (const DataState state : of_replica) {
    AgentState doubtful = state_of(state);
    doubtful.doubtful_relay_log = true;
    ServerFacts server = replicating();
    server.replica->io = server.replica->sql = {};
    check_set_up(plan(doubtful, server), false);
    doubtful.position = {"", "binlog.000007", 154};
    check_set_up_by_file(plan(doubtful, by_file("binlog.000009", 4)), "binlog.000009", 4);
  }
}

TEST_CASE("a replica that finds another set keeps what it has received of its own, and applies it") {
  const Position own{"0-100-9", "binlog.000003", 700};
  const auto leave = [&](bool running, bool connecting, const Position& received, const std::optional<Position>& known,
                         bool doubtful = false) {
    ReplicaStatus replica = *replicating().replica;
    replica.io.running = running;
    replica.io.connecting = connecting;
    replica.received = received;
    return leave_other_set(replica, known, doubtful);
  };
  const Position more{"0-100-10", "binlog.000001", 700};
  CHECK(leave(false, false, own, own) == LeaveOtherSet::nothing);
  CHECK(leave(false, false, more, std::nullopt) == LeaveOtherSet::nothing);
  for (const bool connecting : {false, true}) {
    CHECK(leave(!connecting, connecting, own, own) == LeaveOtherSet::receiver);
    CHECK(leave(!connecting, connecting, more, own) == LeaveOtherSet::all);
    CHECK(leave(!connecting, connecting, own, std::nullopt) == LeaveOtherSet::all);
    CHECK(leave(!connecting, connecting, own, own, true) == LeaveOtherSet::all);
  }
  CHECK(leave(false, false, own, own, true) == LeaveOtherSet::all);
  ReplicaStatus stopped = *replicating().replica;
  stopped.io = stopped.sql = {};
  CHECK(leave_other_set(stopped, own, true) == LeaveOtherSet::nothing);
}

TEST_CASE("by file and offset, a replica that runs is left alone") {
  const ServerFacts server = by_file("binlog.000009", 4);
  CHECK(plan(recorded_at(DataState::replicating, "binlog.000007", 154), server).action == ReplicationAction::nothing);
  for (const DataState state : before_replication)
    CHECK(plan(recorded_at(state, "binlog.000007", 154), server).action == ReplicationAction::mark);
}

TEST_CASE("by file and offset, a clone with a source starts where it is furthest: never backwards") {
  const auto started = [](const Position& recorded, const Position& executed) {
    ServerFacts server = by_file(executed.binlog_file, executed.binlog_offset);
    server.replica->io = server.replica->sql = {};
    const ReplicationPlan out =
        plan(recorded_at(DataState::published, recorded.binlog_file, recorded.binlog_offset), server);
    CHECK(out.action == ReplicationAction::set_up);
    CHECK_FALSE(out.settings.by_gtid);
    return out.settings.start;
  };
  const auto at = [](const char* file, std::uint64_t offset) { return Position{"", file, offset}; };
  const std::pair<Position, Position> earlier_and_later[] = {
      {at("binlog.000007", 154), at("binlog.000007", 155)},
      {at("binlog.000007", 9999), at("binlog.000008", 4)},
      {at("binlog.999999", 9999), at("binlog.1000000", 4)},
      {at("my.binlog.000009", 9999), at("my.binlog.000010", 4)},
      {at("", 0), at("binlog.000001", 4)},
  };
  for (const auto& [earlier, later] : earlier_and_later) {
    INFO(earlier.text() << " and " << later.text());
    CHECK(started(earlier, later) == later);
    CHECK(started(later, earlier) == later);
    CHECK(started(later, later) == later);
  }
}

TEST_CASE("by file and offset, a replica that is set up again keeps what it has executed, whatever is recorded") {
  ServerFacts server = by_file("binlog.000009", 154);
  bool tls = true;
  bool after_error = false;
  SECTION("row 12, another host") {
    server.replica->source_host = "mysql-1.mysql";
  }
  SECTION("row 12, by GTID") {
    server.replica->by_gtid = true;
  }
  SECTION("row 15") {
    server.replica->io = {false, true, 1045, "Access denied"};
    after_error = true;
  }
  SECTION("row 21") {
    server.replica->io = {false, true, 2026, "SSL connection error"};
    tls = false;
  }
  for (const char* recorded : {"binlog.000007", "binlog.000010"})
    for (const DataState state : {DataState::adopted, DataState::replicating}) {
      const ReplicationPlan out = plan(recorded_at(state, recorded, 4), server);
      check_set_up_by_file(out, "binlog.000009", 154);
      CHECK(out.settings.tls == tls);
      CHECK(out.after_error == after_error);
    }
  // A clone that was not set up yet may be behind its record, and the files of another source say nothing.
  const bool same_source = server.replica->source_host == source.host;
  check_set_up_by_file(plan(recorded_at(DataState::published, "binlog.000007", 4), server),
                       same_source ? "binlog.000009" : "binlog.000007", same_source ? 154 : 4);
  check_set_up_by_file(plan(recorded_at(DataState::published, "binlog.000010", 4), server), "binlog.000010", 4);
}

TEST_CASE("by file and offset, a server that does not say how far it is is held") {
  ServerFacts server = by_file("", 0);
  server.replica->source_host = "mysql-1.mysql";
  for (const DataState state : of_replica)
    check_hold(plan(recorded_at(state, "", 0), server), "does not say how far it has got");
  for (const DataState state : {DataState::adopted, DataState::replicating})
    check_hold(plan(recorded_at(state, "binlog.000007", 4), server), "does not say how far it has got");
}

TEST_CASE("where sources are set, the address counts and the password does not") {
  SourceAddress same = source;
  same.password = Secret("another");
  CHECK(same == source);
  same.port = 1;
  CHECK_FALSE(same == source);
}

TEST_CASE("why replication is held is told in a word too") {
  const auto kind = [](const std::optional<AgentState>& state, const ServerFacts& server, Role role = Role::replica) {
    const ReplicationPlan plan = plan_replication(role, state, server, source);
    REQUIRE(plan.action == ReplicationAction::hold);
    return std::string(hold_kind_name(kind_of(plan.hold.cause)));
  };
  CHECK(kind(std::nullopt, server_at("0-100-5")) == "state");
  CHECK(kind(state_of(DataState::publishing), server_at("0-100-5")) == "state");
  CHECK(kind(state_of(DataState::replicating), server_at("0-100-5"), Role::primary) == "state");
  CHECK(kind(state_of(DataState::replicating, "0-100-9"), server_at("0-100-5")) == "position");
  CHECK(kind(state_of(DataState::adopted, ""), server_at("")) == "position");
  ServerFacts server = replicating();
  server.replica->io = {false, false, server_error::source_fatal_reading_log, "the logs are purged"};
  CHECK(kind(state_of(DataState::replicating), server) == "purged");
  server = replicating();
  server.replica->sql = {false, false, server_error::gtid_strict_out_of_order, "no"};
  CHECK(kind(state_of(DataState::replicating), server) == "diverged");
  CHECK(kind(mysql_state(DataState::replicating),
             mysql_replicating(of_primary("1-9") + "," + of_replica_itself("1"))) == "diverged");
}

TEST_CASE("a replica's own transactions are counted") {
  CHECK(own_transaction_count(replicating()) == 0);
  ServerFacts server = replicating();
  server.logged = "0-101-12";
  CHECK(own_transaction_count(server) == 3);
  CHECK(own_transaction_count(mysql_replicating()) == 0);
  CHECK(own_transaction_count(mysql_replicating(of_primary("1-9") + "," + of_replica_itself("1-4:6"))) == 5);
}

TEST_CASE("rows 27 and 28: a binary log that is older than the copy is reset, while nobody can have written") {
  AgentState copy = state_of(DataState::published, "0-100-5");
  copy.origin = Origin::clone;
  ServerFacts server = server_at("0-100-5");
  server.read_only = true;
  CHECK_FALSE(primary_plan(copy, server).new_log);
  server.logged = server.executed = server.log_file_start = "0-100-13";
  const ReplicationPlan primary = primary_plan(copy, server);
  CHECK(primary.action == ReplicationAction::become_primary);
  CHECK((primary.set_position && primary.new_log));
  server.logged = server.executed = server.log_file_start = "0-101-13";
  const ReplicationPlan replica = plan(copy, server);
  CHECK(replica.action == ReplicationAction::set_up);
  CHECK((replica.set_position && replica.new_log));
  // A log may also have what came from the primary, which the copy, of a replica that lags, has not.
  server.logged = server.executed = server.log_file_start = "0-100-13";
  CHECK(plan(copy, server).new_log);
  // On MySQL a copy brings its donor's source along, and a new UUID: what the log has is nobody's.
  AgentState mysql_copy = mysql_state(DataState::published);
  mysql_copy.origin = Origin::clone;
  ServerFacts mysql = mysql_replicating(of_primary("1-9") + "," + of_replica_itself("1"));
  mysql.uuid = "99999999-0000-0000-0000-000000000000";
  mysql.read_only = true;
  CHECK_FALSE(plan(mysql_copy, mysql).new_log);  // it receives
  mysql.replica->io.running = mysql.replica->sql.running = false;
  CHECK(plan(mysql_copy, mysql).new_log);
  mysql.replica.reset();
  CHECK(plan(mysql_copy, mysql).new_log);
  mysql_copy.state = DataState::replicating;
  CHECK_FALSE(plan(mysql_copy, mysql).new_log);
  // A server that takes writes may have written these itself, and so may one that has replicated since its clone.
  server.logged = server.executed = "0-101-13";
  server.read_only = false;
  CHECK_FALSE(primary_plan(copy, server).new_log);
  CHECK(plan(copy, server).action == ReplicationAction::hold);
  server.read_only = true;
  copy.state = DataState::replicating;
  CHECK(plan(copy, server).action == ReplicationAction::hold);
}

TEST_CASE("rows 27 and 28: what the server of a new copy wrote itself is no old log") {
  AgentState copy = state_of(DataState::published, "0-100-5");
  copy.origin = Origin::clone;
  ServerFacts server = server_at("0-100-5");
  server.read_only = server.log_in_data = true;
  server.logged = server.executed = "0-101-6";
  CHECK(plan(copy, server).hold.cause == HoldCause::own_transactions);
  CHECK(plan_replication(Role::replica, copy, server, {}, "0-101-6").new_log);
  CHECK_FALSE(primary_plan(copy, server).set_position);
  // The log lies elsewhere, and its newest file is of this copy.
  server.log_in_data = false;
  server.log_file_start = "0-101-4";
  CHECK(plan(copy, server).hold.cause == HoldCause::own_transactions);
  CHECK_FALSE(primary_plan(copy, server).new_log);
  server.log_file_start = "0-101-7";
  server.logged = server.executed = "0-101-8";
  CHECK(plan(copy, server).hold.cause == HoldCause::own_transactions);
  CHECK(primary_plan(copy, server).hold.cause == HoldCause::clone_and_server_disagree);
  AgentState mysql_copy = mysql_state(DataState::published);
  mysql_copy.origin = Origin::clone;
  ServerFacts mysql = mysql_replicating(of_primary("1-9") + "," + of_replica_itself("1"));
  mysql.read_only = true;
  mysql.replica.reset();
  CHECK(plan(mysql_copy, mysql).hold.cause == HoldCause::own_transactions);
}

TEST_CASE("a MariaDB primary whose log was written under another server id is given its position") {
  ServerFacts server;
  server.version = {Flavour::mariadb, 10, 11, 19};
  server.server_id = 200;
  server.logged = server.executed = "0-100-10,1-100-3";
  CHECK(position_to_tell(server) == "0-100-10,1-100-3");
  server.told = "1-200-4";
  server.executed = "0-100-10,1-200-4";
  CHECK(position_to_tell(server) == "0-100-10,1-200-4");
  server.told = server.executed;
  CHECK(position_to_tell(server) == "");
  server.told = "";
  server.replica.emplace();
  CHECK(position_to_tell(server) == "");
  server.replica.reset();
  server.version = {Flavour::mysql, 9, 7, 4};
  CHECK(position_to_tell(server) == "");
}

TEST_CASE("a delay that a person has set survives a new set-up, and that of a copy's donor does not") {
  for (const bool mysql : {false, true}) {
    INFO((mysql ? "MySQL" : "MariaDB"));
    const std::string at = mysql ? of_primary("1-9") : "0-100-9";
    const auto delay_of = [&](DataState state) {
      ServerFacts server = mysql ? mysql_at(at) : server_at(at);
      server.replica = replicating().replica;
      server.replica->source_host = "elsewhere";
      server.replica->delay_seconds = 3600;
      const ReplicationPlan plan =
          plan_replication(Role::replica, state_of(state, mysql ? of_primary("1-5") : "0-100-5"), server, source);
      CHECK(plan.action == ReplicationAction::set_up);
      return plan.settings.delay_seconds;
    };
    CHECK(delay_of(DataState::replicating) == 3600);
    CHECK(delay_of(DataState::adopted) == 3600);
    CHECK(delay_of(DataState::published) == 0);
  }
}
