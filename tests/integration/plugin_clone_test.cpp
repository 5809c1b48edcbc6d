#include <catch2/catch.hpp>

#include <regex>

#include "common/server/dialect.hpp"
#include "tests/support/fake_donor.hpp"
#include "tests/support/metrics.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

void expect_nothing_published(const TestSet& set, int ordinal) {
  CHECK_FALSE(std::filesystem::exists(set.data(ordinal) / "ibdata1"));
  CHECK_FALSE(std::filesystem::exists(set.data(ordinal) / "mysql"));
}

void replace_in(const std::filesystem::path& file, const std::string& what, const std::string& by) {
  write_text(file, std::regex_replace(read_text(file), std::regex(what), by));
}

// Slows clones to about `mib` MiB each second, so that a clone takes some seconds. 0: no limit.
void throttle_clones_of(const TestSet& set, int ordinal, int mib) {
  write_text(set.dir(ordinal) / "conf.d" / "replica.cnf",
             "[mysqld]\nloose_clone_max_network_bandwidth=" + std::to_string(mib) + "\n");
}

// Waits until the server on a pod's staging has a part of the copy, but not all. Returns the process of that server.
pid_t wait_copying(const TestSet& set, int ordinal, const Background& clone) {
  ServerLogin staging;
  staging.socket = set.data(ordinal) / ".mysql-agent/run/s";
  REQUIRE(eventually(std::chrono::seconds(60), [&] {
    try {
      const auto row = MysqlClient(staging, std::chrono::seconds(5)).query(clone_progress()).at(0);
      return row.at("stage") == clone_copy_stage && std::stoull(row.at("bytes").value_or("0")) > 0;
    } catch (const Error&) {
      return false;
    }
  }));
  const auto servers = children_of(clone.pid(), "mysqld");
  REQUIRE(servers.size() == 1);
  return servers.front();
}

}  // namespace

TEST_CASE("a clone by the plugin shows how far it is, and one that loses a server on its way is made anew",
          "[plugin]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(60'000, 1000);  // enough data, so that the test can see the copy while it runs
  set.expect_same_rows(1);
  REQUIRE(set.init(2).exit_code == 0);
  std::filesystem::create_directories(set.data(2));
  throttle_clones_of(set, 2, 1);
  {
    INFO("the server that takes the clone is killed");
    Background clone(set.clone_command(2, {"--donor-wait", "500ms"}), set.dir(2) / "clone.log");
    const pid_t server = wait_copying(set, 2, clone);
    set.server(1).signal(SIGSTOP);
    const bool shown = eventually(std::chrono::seconds(60), [&] {
      return std::regex_search(clone.output(), std::regex("received [1-9].* of about .*/s"));
    });
    INFO(clone.output());
    CHECK(shown);
    ::kill(server, SIGKILL);
    set.server(1).signal(SIGCONT);
    CHECK(clone.wait(std::chrono::seconds(20)) == 1);
    CHECK_THAT(clone.output(), Catch::Contains("the server that took the clone ended with exit code 137"));
    expect_nothing_published(set, 2);
  }
  INFO("the donor's server is killed");
  Background clone(set.clone_command(2, {"--stall-timeout", "5s"}), set.dir(2) / "clone-again.log");
  wait_copying(set, 2, clone);
  throttle_clones_of(set, 2, 0);
  set.stop_server(1, SIGKILL);
  CHECK(eventually(std::chrono::seconds(60),
                   [&] { return clone.output().find("failed to clone donor=mysql-1") != std::string::npos; }));
  expect_nothing_published(set, 2);
  CHECK(clone.wait(std::chrono::seconds(60)) == 0);
  INFO(clone.output());
  CHECK_THAT(read_text(set.state_file(2)), Catch::Contains("\"donor\": \"mysql-0\""));
  set.start_containers(2);
  set.expect_same_rows(2);
}

TEST_CASE("a clone of a replica by the plugin brings the donor's source along, and starts anew from it", "[plugin]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(200);
  set.expect_same_rows(1);
  Writer writer(set);
  set.start_pod(2);
  CHECK_THAT(read_text(set.state_file(2)),
             Catch::Contains("\"donor\": \"mysql-1\"") && Catch::Contains("\"engine\": \"clone-plugin\""));
  CHECK_THAT(set.sidecar(2).output(), Catch::Contains("the source came with the clone"));
  writer.stop();
  set.expect_same_rows(2);
  CHECK(set.value(2, "SELECT @@server_uuid") != set.value(1, "SELECT @@server_uuid"));
  CHECK(set.value(2, "SELECT @@super_read_only") == "1");
}

TEST_CASE("a clone by the plugin that fails says why, publishes nothing, and the next one is good", "[plugin]") {
  TestSet set;
  set.start_pod(0);
  set.make_rows(200);
  set.wait_clonable(0);
  REQUIRE(set.init(1).exit_code == 0);
  SECTION("a wrong password") {
    write_text(set.dir(1) / "wrong", "wrong");
    const Ran refused = set.clone(1, {"--donor-wait", "500ms", "--clone-password-file", set.dir(1) / "wrong"});
    INFO(refused.output);
    CHECK(refused.exit_code == 1);
    CHECK_THAT(refused.output,
               Catch::Contains("1045 : Access denied") && Catch::Contains("hint: look at the donor's server log"));
  }
  SECTION("an account without its privilege") {
    set.stop_sidecar(0);
    set.sql(0, "REVOKE BACKUP_ADMIN ON *.* FROM 'clone'@'%'");
    const RawServer server(
        TestSet::address(0), set.clone_port(),
        [&](const std::string&) {
          std::string info = fit_donor("mysql-0", Role::primary, {Flavour::mysql, 9, 7, 4}, Engine::clone_plugin);
          return with_length(
              std::regex_replace(info, std::regex("\"port\": 3306"), "\"port\": " + std::to_string(set.mysql_port())));
        },
        set.tls());
    const Ran refused = set.clone(1, {"--donor-wait", "500ms"});
    INFO(refused.output);
    CHECK(refused.exit_code == 1);
    CHECK_THAT(refused.output, Catch::Contains("BACKUP_ADMIN"));
  }
  SECTION("a donor whose server hangs") {
    set.server(0).signal(SIGSTOP);
    const Ran stalled = set.clone(1, {"--donor-wait", "500ms", "--stall-timeout", "2s"});
    set.server(0).signal(SIGCONT);
    INFO(stalled.output);
    CHECK(stalled.exit_code == 1);
    CHECK_THAT(stalled.output, Catch::Contains("by the clone plugin stalled"));
  }
  expect_nothing_published(set, 1);
  CHECK(children_of(1, set.data(1)).empty());
  if (!set.has_sidecar(0)) set.start_sidecar(0);
  set.wait_ready(0);
  set.start_pod(1);
  set.expect_same_rows(1);
}

TEST_CASE("a copy that the server does not call complete is not published, but cloned anew", "[plugin]") {
  TestSet set;
  set.start_pod(0);
  set.make_rows(200);
  REQUIRE(set.init(1).exit_code == 0);
  CHECK(set.clone(1, {}, {"MYSQL_AGENT_TEST_CRASH_AT=state.cloned"}).exit_code == 128 + SIGKILL);
  // The files in #clone tell the plugin about the clone.
  std::filesystem::remove_all(set.data(1) / ".mysql-agent/staging/#clone");
  const Ran refused = set.clone(1);
  INFO(refused.output);
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.output, Catch::Contains("the server on the copy says of the clone"));
  expect_nothing_published(set, 1);
  set.start_pod(1);
  set.expect_same_rows(1);
}

TEST_CASE("two recipients at once both get their clone, one after the other", "[plugin]") {
  TestSet set;
  set.start_pod(0);
  set.make_rows(60'000, 1000);  // enough data, so that the test can see the copy while it runs
  for (const int ordinal : {1, 2}) {
    REQUIRE(set.init(ordinal).exit_code == 0);
    std::filesystem::create_directories(set.data(ordinal));
  }
  throttle_clones_of(set, 1, 10);
  Background one(set.clone_command(1), set.dir(1) / "clone.log");
  const pid_t server = wait_copying(set, 1, one);
  ::kill(server, SIGSTOP);  // the donor stays busy until this server goes on
  Background two(set.clone_command(2), set.dir(2) / "clone.log");
  const auto refusals = [&] { return metric(set, 2, "own_clone_failures_total{reason=\"refused\"}"); };
  CHECK(eventually(std::chrono::seconds(60), [&] { return refusals() > "0"; }));
  ::kill(server, SIGCONT);
  CHECK(one.wait(std::chrono::seconds(90)) == 0);
  CHECK(two.wait(std::chrono::seconds(90)) == 0);
  INFO(one.output() << two.output());
  for (const int ordinal : {1, 2}) {
    set.start_containers(ordinal);
    set.expect_same_rows(ordinal);
  }
}

TEST_CASE("a donor whose server the plugin cannot clone here is not asked", "[plugin]") {
  TestSet set;
  REQUIRE(set.init(1).exit_code == 0);
  ServerVersion version = parse_server_version("9.6.0");
  Engine engine = Engine::clone_plugin;
  std::string cause =
      "the clone plugin needs the same series: the donor's server is mysql 9.6.0, and the one here is mysql 9.7.";
  SECTION("an innovation series") {}
  SECTION("an older one") {
    version = {Flavour::mysql, 8, 0, 36};
    cause = "the donor's server is mysql 8.0.36";
  }
  SECTION("a newer one") {
    version = {Flavour::mysql, 26, 7, 0};
    cause = "the donor's server is mysql 26.7.0";
  }
  SECTION("one that offers a stream, and there is no tool here") {
    version = {Flavour::mysql, 9, 7, 4};
    engine = Engine::xtrabackup;
    cause = "no backup tool is in PATH here";
  }
  const std::string answer = with_length(fit_donor("mysql-0", Role::primary, version, engine));
  const RawServer server(
      TestSet::address(0), set.clone_port(), [&](const std::string&) { return answer; }, set.tls());
  const Ran refused = set.clone(1, {"--donor-wait", "500ms"});
  INFO(refused.output);
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.output, Catch::Contains(cause));
  expect_nothing_published(set, 1);
}

TEST_CASE("servers with gtid_mode=OFF replicate by file and offset, and only the primary is cloned", "[plugin]") {
  TestSet set;
  for (const char* role : {"primary.cnf", "replica.cnf"})
    write_text(set.config_map() / role, "[mysqld]\ngtid_mode=OFF\nenforce_gtid_consistency=OFF\n");
  set.start_pod(0);
  set.make_rows(200);
  Writer writer(set);
  set.start_pod(1);
  set.start_pod(2);
  CHECK_THAT(read_text(set.state_file(2)), Catch::Contains("\"donor\": \"mysql-0\""));
  CHECK_THAT(set.ask_donor(1).body, Catch::Contains("gtid_mode=OFF"));
  SECTION("and go on where they were after restarts") {
    set.stop_pod(1, SIGKILL);
    set.start_pod(1);
    set.stop_sidecar(2);
    set.sql(2, "STOP REPLICA");
    set.start_sidecar(2);
    set.wait_ready(2);
  }
  SECTION("and from the recorded place where the sidecar was killed on its way") {
    set.stop_pod(1);
    std::filesystem::remove_all(set.data(1));
    REQUIRE(set.clone(1).exit_code == 0);
    set.start_server(1);
    for (const char* point : {"replication.pointed", "replication.started"}) {
      set.start_sidecar(1, {}, {std::string("MYSQL_AGENT_TEST_CRASH_AT=") + point});
      CHECK(set.sidecar(1).wait(std::chrono::seconds(30)) == 128 + SIGKILL);
    }
    set.start_sidecar(1);
    set.wait_ready(1);
  }
  writer.stop();
  set.expect_same_rows(1);
  set.expect_same_rows(2);
}

TEST_CASE("servers whose gtid_mode was OFF are not switched to GTIDs by a restart with ON, and skip nothing",
          "[plugin]") {
  TestSet set;
  const auto say = [&](const std::string& lines) {
    for (const char* role : {"primary.cnf", "replica.cnf"}) write_text(set.config_map() / role, "[mysqld]\n" + lines);
  };
  say("gtid_mode=OFF\nenforce_gtid_consistency=OFF\n");
  set.start_pods(2);
  set.make_rows(100);
  set.expect_same_rows(1);
  // The replicas restart first, as a StatefulSet does it. mysql-agent.cnf says gtid_mode=ON.
  say("");
  set.stop_pod(1);
  REQUIRE(set.init(1).exit_code == 0);
  set.start_server(1);
  set.start_sidecar(1);
  set.wait_not_ready(1, "no GTID tells which of those transactions it has");
  INFO("a clone of that primary is no start by GTID either");
  REQUIRE(set.init(2).exit_code == 0);
  REQUIRE(set.clone(2).exit_code == 0);
  set.start_server(2);
  set.start_sidecar(2);
  set.wait_not_ready(2, "no GTID tells which of those transactions it has");
  set.make_rows(50);
  set.stop_pod(0);
  REQUIRE(set.init(0).exit_code == 0);
  set.start_containers(0);
  set.make_rows(10);
  for (const int ordinal : {1, 2}) {
    set.stop_sidecar(ordinal);
    set.start_sidecar(ordinal);
    set.wait_not_ready(ordinal, "no GTID tells which of those transactions it has");
  }
  INFO("the way that the reason tells; with ON a source sends no transaction without a GTID");
  for (const int ordinal : {0, 1}) set.sql(ordinal, "SET GLOBAL gtid_mode = ON_PERMISSIVE");
  set.expect_same_rows(1);
  for (const int ordinal : {0, 1}) set.sql(ordinal, "SET GLOBAL gtid_mode = ON");
  set.sql(1, "STOP REPLICA");
  set.sql(1, "CHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION = 1");
  set.wait_ready(1);
  set.make_rows(10);
  set.expect_same_rows(1);
}

TEST_CASE("a replica uses TLS where the source offers it, and the source's public key where not", "[plugin]") {
  // Without TLS the plugin clones only in a set with --insecure.
  const bool with_tls = GENERATE(true, false);
  TestSet set(with_tls ? Security::secret : Security::insecure);
  std::string tls = "Yes";
  if (!with_tls) {
    write_text(set.config_map() / "primary.cnf", "[mysqld]\ntls_version=\n");
    tls = "No";
  }
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);
  const auto rows = MysqlClient(set.login(1), std::chrono::seconds(10)).query("SHOW REPLICA STATUS");
  CHECK(rows.at(0).at("Source_SSL_Allowed") == tls);
  CHECK(rows.at(0).at("Get_Source_public_key") == "1");
  CHECK(rows.at(0).at("Source_Retry_Count") == "1");
  if (with_tls) return;
  // If the source offers TLS again, the next connection to it uses TLS again.
  write_text(set.config_map() / "primary.cnf", "[mysqld]\n");
  set.stop_pod(0);
  set.start_pod(0);
  set.wait_ready(1);
  CHECK(
      MysqlClient(set.login(1), std::chrono::seconds(10)).query("SHOW REPLICA STATUS").at(0).at("Source_SSL_Allowed") ==
      "Yes");
  set.make_rows(10);
  set.expect_same_rows(1);
}

TEST_CASE("a recorded position that the copy's own tables lack is set, as after a restore by a backup tool",
          "[plugin]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(100);
  set.expect_same_rows(1);
  const std::string executed = set.value(1, "SELECT @@GLOBAL.gtid_executed");
  set.stop_sidecar(1);
  MysqlClient client(set.login(1), std::chrono::seconds(10));
  client.execute("STOP REPLICA");
  client.execute("RESET BINARY LOGS AND GTIDS");
  SECTION("with the donor's source") {}
  SECTION("with none") {
    client.execute("RESET REPLICA ALL");
  }
  replace_in(set.state_file(1), "\"state\": \"replicating\"", "\"state\": \"published\"");
  replace_in(set.state_file(1), "\"gtid\": \"[^\"]*\"", "\"gtid\": \"" + executed + "\"");
  set.make_rows(50);
  set.start_sidecar(1, {}, {"MYSQL_AGENT_TEST_CRASH_AT=replication.positioned"});
  CHECK(set.sidecar(1).wait(std::chrono::seconds(30)) == 128 + SIGKILL);
  CHECK(set.value(1, "SELECT @@GLOBAL.gtid_executed") == executed);
  set.start_sidecar(1);
  set.wait_ready(1);
  set.expect_same_rows(1);
}

TEST_CASE("a recovered primary gets the recorded GTIDs that its own tables lack, as after a restore by a backup tool",
          "[plugin]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(100);
  set.expect_same_rows(1);
  const std::string executed = set.value(1, "SELECT @@GLOBAL.gtid_executed");
  set.stop_pod(0);
  std::filesystem::remove_all(set.data(0));
  REQUIRE(set.clone(0).exit_code == 0);
  set.start_server(0);
  set.wait_server(0);
  set.sql(0, "RESET BINARY LOGS AND GTIDS");
  set.start_sidecar(0, {}, {"MYSQL_AGENT_TEST_CRASH_AT=replication.positioned"});
  CHECK(set.sidecar(0).wait(std::chrono::seconds(30)) == 128 + SIGKILL);
  set.start_sidecar(0);
  set.wait_ready(0);
  CHECK(set.value(0, "SELECT @@GLOBAL.gtid_executed") == executed);
  set.make_rows(50);
  set.expect_same_rows(1);
}

TEST_CASE("an account that wants TLS is not given its password again and again", "[plugin]") {
  TestSet set;
  set.start_pod(0);
  set.sql(0, "ALTER USER 'replication'@'%' REQUIRE SSL");
  set.stop_sidecar(0);
  set.start_sidecar(0);
  set.wait_ready(0);
  const auto look = [&](int times) {
    for (int i = 0; i < times; ++i) set.probe(0, "/startupz");  // each one makes the sidecar look
  };
  look(3);
  const std::string logged = set.logged(0);
  look(5);
  CHECK(set.logged(0) == logged);
  CHECK_THAT(set.sidecar(0).output(),
             Catch::Contains("could not log in with an account whose password it has just set"));
}
