#include "agent/replication/opening.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;
using namespace std::chrono_literals;

namespace {

const std::string own_uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const std::string peer_uuid = "4e11fa47-71ca-11e1-9e33-c80aa9429562";

AgentState state_of_primary(std::optional<std::int64_t> opened = std::nullopt) {
  AgentState state;
  state.state = DataState::primary;
  state.set_id = "set-1";
  state.opened = opened;
  state.opened_at = opened.value_or(0) + 60;
  return state;
}

ServerFacts server_at(const std::string& executed, bool read_only = true) {
  ServerFacts server;
  server.version = executed.find(':') == std::string::npos ? parse_server_version("10.11.19-MariaDB")
                                                           : parse_server_version("9.7.4");
  server.read_only = read_only;
  server.started = 1000;
  server.executed = executed;
  server.uuid = own_uuid;
  return server;
}

OpeningPeer peer_at(const std::string& pod, const std::string& position, const std::string& unapplied = "") {
  DonorInfo info;
  info.pod = pod;
  info.has_data = true;
  info.set_id = "set-1";
  info.server = server_at(position).version;
  info.server_uuid = peer_uuid;
  info.position = position;
  info.unapplied = unapplied;
  return {.pod = pod, .host = pod + ".mysql", .info = info, .error = ""};
}

OpeningPeer silent(const std::string& pod) {
  return {.pod = pod, .host = pod + ".mysql", .info = std::nullopt, .error = "connection refused"};
}

OpeningPlan plan_of(const ServerFacts& server, std::vector<OpeningPeer> peers, std::chrono::milliseconds waited = 0ms) {
  for (OpeningPeer& peer : peers) peer.silent_for = waited;
  return plan_opening(state_of_primary(), server, peers);
}

}  // namespace

TEST_CASE("rows 1 and 2: a server that takes writes was opened, or did so by itself") {
  CHECK(plan_opening(state_of_primary(1000), server_at("0-100-5", false), {}).action == OpeningAction::nothing);
  CHECK(plan_opening(state_of_primary(1001), server_at("0-100-5", false), {}).action == OpeningAction::nothing);
  CHECK(plan_opening(state_of_primary(900), server_at("0-100-5", false), {}).action == OpeningAction::note);
  CHECK(plan_opening(state_of_primary(), server_at("0-100-5", false), {}).action == OpeningAction::note);
}

TEST_CASE("row 3: a server that is read-only after it was opened was closed by a person") {
  const OpeningPlan plan = plan_opening(state_of_primary(1000), server_at("0-100-5"), {peer_at("mysql-1", "0-100-9")});
  CHECK(plan.action == OpeningAction::closed);
  CHECK_THAT(opening_text(plan), Catch::Contains("read_only = OFF"));
  // It was opened within a second of its start: it may have been started again since, unless this sidecar knows better.
  AgentState state = state_of_primary(1000);
  state.opened_at = 1001;
  CHECK(plan_opening(state, server_at("0-100-5"), {}).action == OpeningAction::open);
  CHECK(plan_opening(state, server_at("0-100-5"), {}, true).action == OpeningAction::closed);
}

TEST_CASE("row 4: what a replica has more is taken back first, executed or only received") {
  for (const auto& [position, unapplied] : {std::pair("0-100-9", ""), std::pair("0-100-5", "0-100-9")}) {
    INFO(position << " " << unapplied);
    const OpeningPlan plan = plan_of(server_at("0-100-5"), {peer_at("mysql-1", position, unapplied)});
    CHECK(plan.action == OpeningAction::catch_up);
    CHECK(plan.peer == "mysql-1");
    CHECK(plan.host == "mysql-1.mysql");
    CHECK(plan.missing == "0-100-9");
    AgentState state = state_of_primary();
    state.catching_up_from = "mysql-1";
    ServerFacts server = server_at("0-100-5");
    const auto again = [&] { return plan_opening(state, server, {peer_at("mysql-1", position, unapplied)}).action; };
    // The sidecar was killed before it pointed the server to the replica.
    CHECK(again() == OpeningAction::catch_up);
    server.replica.emplace();
    server.replica->source_host = "mysql-1.mysql";
    server.replica->io.running = server.replica->sql.running = true;
    CHECK(again() == OpeningAction::go_on);
    server.replica->sql.running = false;
    CHECK(again() == OpeningAction::catch_up);
  }
  const OpeningPlan mysql = plan_of(server_at(own_uuid + ":1-5"), {peer_at("mysql-1", own_uuid + ":1-9")});
  CHECK(mysql.action == OpeningAction::catch_up);
  CHECK(mysql.missing == own_uuid + ":6-9");
}

TEST_CASE("row 4: of several replicas the one that has most is asked") {
  for (const bool turned : {false, true}) {
    std::vector<OpeningPeer> peers{peer_at("mysql-1", "0-100-7"), peer_at("mysql-2", "0-100-9")};
    if (turned) std::swap(peers[0], peers[1]);
    CHECK(plan_of(server_at("0-100-5"), peers).peer == "mysql-2");
  }
}

TEST_CASE("row 4: what a replica wrote itself, and data of another set, prove nothing") {
  OpeningPeer own = peer_at("mysql-1", "0-101-9");
  own.info->own = "0-101-9";
  OpeningPeer other = peer_at("mysql-3", "0-100-9");
  other.info->set_id = "set-2";
  const OpeningPlan plan = plan_of(server_at("0-100-5"), {own, other});
  CHECK(plan.action == OpeningAction::open);
  CHECK(plan.ignored == std::vector<std::string>{"mysql-1"});
  // On MySQL a replica's own transactions are told apart from those that the primary lost.
  OpeningPeer both = peer_at("mysql-1", own_uuid + ":1-9," + peer_uuid + ":1-2");
  const OpeningPlan mysql = plan_of(server_at(own_uuid + ":1-5"), {both});
  CHECK(mysql.action == OpeningAction::catch_up);
  CHECK(mysql.missing == own_uuid + ":6-9");
  both.info->position = own_uuid + ":1-5," + peer_uuid + ":1-2";
  CHECK(plan_of(server_at(own_uuid + ":1-5"), {both}).action == OpeningAction::open);
}

TEST_CASE("row 5: a primary and a replica that each lack something wait for a person") {
  const OpeningPlan plan = plan_of(server_at(own_uuid + ":1-5:8"), {peer_at("mysql-1", own_uuid + ":1-7")});
  CHECK(plan.action == OpeningAction::hold);
  CHECK(plan.hold.cause == HoldCause::primary_and_replica_diverged);
  CHECK_THAT(opening_text(plan),
             Catch::Contains(own_uuid + ":6-7") && Catch::Contains(own_uuid + ":8") && Catch::Contains("mysql-1"));
  const OpeningPlan two_domains = plan_of(server_at("0-100-5,1-100-3"), {peer_at("mysql-1", "0-100-6,1-100-2")});
  CHECK(two_domains.action == OpeningAction::hold);
  // Another replica that could be followed does not make it right.
  CHECK(plan_of(server_at(own_uuid + ":1-5:8"),
                {peer_at("mysql-1", own_uuid + ":1-7"), peer_at("mysql-2", own_uuid + ":1-8")})
            .action == OpeningAction::hold);
}

TEST_CASE("row 8: what privileged clients wrote to a closed MariaDB may hide what it lost") {
  constexpr std::uint32_t borrowed = 4294967295;
  AgentState state = state_of_primary();
  ServerFacts server = server_at("0-100-7");
  server.server_id = 100;
  server.logged = "0-100-7";
  server.applied = "0-100-3";
  const auto found = [&](const std::string& logged = "0-100-7") {
    return find_closed_writes(state, server, "0-100-5", logged, borrowed);
  };
  const auto plan = [&](const std::vector<OpeningPeer>& peers, const ClosedWrites& writes) {
    return plan_opening(state, server, peers, false, writes);
  };
  SECTION("before it takes back: all that was logged since the server's start") {
    CHECK(found().written == "0-100-7");
    CHECK(found().before == "0-100-5");
    const OpeningPlan held = plan({peer_at("mysql-1", "0-100-9")}, found());
    CHECK(held.action == OpeningAction::hold);
    CHECK(held.hold.cause == HoldCause::primary_and_replica_diverged);
    CHECK(held.hold.gtids == "0-100-9");
    CHECK(held.hold.beside == "0-100-7");
    INFO("also where the primary wrote more than it had lost");
    CHECK(plan({peer_at("mysql-1", "0-100-6")}, found()).action == OpeningAction::hold);
    CHECK(plan({peer_at("mysql-1", "0-100-5")}, found()).action == OpeningAction::open);
    OpeningPeer follower = peer_at("mysql-1", "0-100-6");
    follower.info->server_id = 101;
    ClosedWrites received = found();
    received.followers = {101};
    CHECK(plan({follower}, received).action == OpeningAction::open);
    server.logged = "0-100-5";
    CHECK(found().written.empty());
  }
  SECTION("while it takes back: what has the borrowed id and did not come by replication") {
    state.catching_up_from = "mysql-1";
    server.server_id = borrowed;
    server.applied = "0-100-6";
    CHECK(found("0-100-6").written.empty());
    CHECK(found("0-100-7").written.empty());
    const ClosedWrites writes = found("0-100-6,0-4294967295-7");
    CHECK(writes.written == "0-4294967295-7");
    CHECK(plan({peer_at("mysql-1", "0-100-9")}, writes).action == OpeningAction::hold);
    INFO("a later transaction than all that was taken back is in nobody's way");
    CHECK(plan({peer_at("mysql-1", "0-100-6")}, writes).action == OpeningAction::open);
  }
  SECTION("after it took back: that is in the log, and nobody wrote it here") {
    server.applied = "0-100-7";
    CHECK(found().written.empty());
    server.logged = "0-100-8";
    CHECK(found().written == "0-100-8");
    CHECK(plan({peer_at("mysql-1", "0-100-7")}, found()).action == OpeningAction::open);
    CHECK(plan({peer_at("mysql-1", "0-100-8")}, found()).action == OpeningAction::hold);
  }
  SECTION("never on MySQL, whose super_read_only stops all") {
    server = server_at(own_uuid + ":1-7");
    CHECK(find_closed_writes(state, server, "", "", borrowed).written.empty());
  }
}

TEST_CASE("row 6: a silent pod is waited for, and for no longer than 10 s") {
  const std::vector<OpeningPeer> peers{silent("mysql-1"), peer_at("mysql-2", "0-100-5")};
  const OpeningPlan waiting = plan_of(server_at("0-100-5"), peers, 9s);
  CHECK(waiting.action == OpeningAction::wait);
  CHECK_THAT(opening_text(waiting), Catch::Contains("mysql-1") && !Catch::Contains("mysql-2"));
  const OpeningPlan opened = plan_of(server_at("0-100-5"), peers, 10s);
  CHECK(opened.action == OpeningAction::open);
  CHECK(opened.silent == std::vector<std::string>{"mysql-1"});
  // What another one has more does not wait for it.
  CHECK(plan_of(server_at("0-100-5"), {silent("mysql-1"), peer_at("mysql-2", "0-100-6")}).action ==
        OpeningAction::catch_up);
}

TEST_CASE("row 7: a primary that has all that the others have takes writes") {
  CHECK(plan_of(server_at("0-100-5"), {}).action == OpeningAction::open);
  CHECK(plan_of(server_at("0-100-5"), {peer_at("mysql-1", "0-100-5"), peer_at("mysql-2", "0-100-3")}).action ==
        OpeningAction::open);
  CHECK(plan_of(server_at(""), {peer_at("mysql-1", "")}).action == OpeningAction::open);
  CHECK(opening_text(plan_opening(state_of_primary(1000), server_at("0-100-5", false), {})).empty());
}

TEST_CASE("row 9: what a pod has more and cannot give keeps the primary closed, unless another pod gives it") {
  OpeningPeer wrote = peer_at("mysql-1", "0-101-9");
  wrote.info->own = "0-101-9";
  wrote.info->applied = "0-100-8";
  OpeningPeer filters = peer_at("mysql-1", "0-100-8");
  filters.info->filters = "replicate_ignore_db=a";
  OpeningPeer held = peer_at("mysql-1", "0-100-8");
  held.info->held = "of a newer version";
  OpeningPeer short_log = peer_at("mysql-1", "0-100-8");
  short_log.info->log_start = "0-100-8";
  for (const OpeningPeer& peer : {wrote, filters, held, short_log}) {
    const OpeningPlan plan = plan_of(server_at("0-100-5"), {peer});
    CHECK(plan.action == OpeningAction::hold);
    CHECK(plan.hold.cause == HoldCause::cannot_take_back);
    CHECK(plan.missing == "0-100-8");
    CHECK_THAT(opening_text(plan), Catch::Contains("mysql-1") && Catch::Contains("0-100-8"));
    const OpeningPlan both = plan_of(server_at("0-100-5"), {peer, peer_at("mysql-2", "0-100-8")});
    CHECK(both.action == OpeningAction::catch_up);
    CHECK(both.peer == "mysql-2");
  }
}

TEST_CASE("what a person has given up is no reason") {
  AgentState state = state_of_primary();
  state.accepted = "0-100-9";
  CHECK(plan_opening(state, server_at("0-100-5"), {peer_at("mysql-1", "0-100-9")}).action == OpeningAction::open);
  CHECK(plan_opening(state, server_at("0-100-5"), {peer_at("mysql-1", "0-100-10")}).action == OpeningAction::catch_up);
}

TEST_CASE("what a pod had before a recovery that it does not know is no reason") {
  OpeningPeer parted = peer_at("mysql-1", "0-100-9");
  parted.info->recoveries = {{.id = "a", .position = "0-100-1"}};
  AgentState state = state_of_primary();
  state.recoveries = {{.id = "a", .position = "0-100-1"}, {.id = "b", .position = "0-100-4"}};
  const OpeningPlan plan = plan_opening(state, server_at("0-100-5"), {parted});
  CHECK(plan.action == OpeningAction::open);
  CHECK(plan.ignored == std::vector<std::string>{"mysql-1"});
}

TEST_CASE("row 10: what a pod has had is waited for while it is silent or away, and no longer once it has told") {
  AgentState state = state_of_primary();
  state.lacked = "0-100-9";
  state.lacked_from = "mysql-1";
  OpeningPeer away = silent("mysql-1");
  away.silent_for = 1h;
  for (const std::vector<OpeningPeer>& peers : {std::vector{away}, std::vector<OpeningPeer>{}}) {
    const OpeningPlan plan = plan_opening(state, server_at("0-100-5"), peers);
    CHECK(plan.action == OpeningAction::wait_for);
    CHECK_THAT(opening_text(plan), Catch::Contains("mysql-1") && Catch::Contains("release"));
    CHECK(plan_opening(state, server_at("0-100-9"), peers).action == OpeningAction::open);
  }
  CHECK(plan_opening(state, server_at("0-100-5"), {peer_at("mysql-1", "0-100-5")}).action == OpeningAction::open);
}

TEST_CASE("a primary whose volume went back learns the openings that it has forgotten") {
  AgentState state = state_of_primary();
  const Recovery a{.id = "a", .position = "0-100-1"};
  const Recovery b{.id = "b", .position = "0-100-4"};
  const Recovery c{.id = "c", .position = "0-100-4"};
  OpeningPeer peer = peer_at("mysql-1", "0-100-5");
  peer.info->recoveries = {a, b};
  CHECK(known_openings(state, {peer}, Flavour::mariadb) == std::vector{a, b});
  state.recoveries = {a};
  CHECK(known_openings(state, {peer, silent("mysql-2")}, Flavour::mariadb) == std::vector{a, b});
  // The two parted, or the peer knows less.
  for (const std::vector<Recovery>& known : {std::vector{a, c}, std::vector{a, b, c}}) {
    state.recoveries = known;
    CHECK(known_openings(state, {peer}, Flavour::mariadb) == known);
  }
}
