#include <catch2/catch.hpp>

#include <regex>

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

}  // namespace

TEST_CASE("a clone of a replica by the plugin brings the donor's source along, and starts anew from it", "[plugin]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(200);
  set.expect_same_rows(1);
  Writer writer(set);
  set.start_pod(2);
  CHECK_THAT(read_text(set.state_file(2)), Catch::Contains("\"donor\": \"mysql-1\"") && Catch::Contains("\"engine\": \"clone-plugin\""));
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
    CHECK_THAT(refused.output, Catch::Contains("1045 : Access denied") && Catch::Contains("hint: look at the donor's server log"));
  }
  SECTION("an account without its privilege") {
    set.stop_sidecar(0);
    set.sql(0, "REVOKE BACKUP_ADMIN ON *.* FROM 'clone'@'%'");
    const RawServer server(TestSet::address(0), set.clone_port(), [&](const std::string&) {
      std::string info = fit_donor("mysql-0", Role::primary, {Flavour::mysql, 9, 7, 4}, Engine::clone_plugin);
      return with_length(std::regex_replace(info, std::regex("\"port\": 3306"), "\"port\": " + std::to_string(set.mysql_port())));
    }, set.tls());
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
  // What the plugin knows of the clone.
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
  set.make_rows(50'000, 1000);
  for (const int ordinal : {1, 2}) {
    REQUIRE(set.init(ordinal).exit_code == 0);
    std::filesystem::create_directories(set.data(ordinal));
  }
  Background one(set.clone_command(1), set.dir(1) / "clone.log");
  Background two(set.clone_command(2), set.dir(2) / "clone.log");
  const auto refused = [&](int ordinal) { return metric(set, ordinal, "own_clone_failures_total{reason=\"refused\"}") == "1"; };
  CHECK(eventually(std::chrono::seconds(60), [&] { return refused(1) || refused(2); }));
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
  ServerVersion version{Flavour::mysql, 9, 6, 0};
  Engine engine = Engine::clone_plugin;
  std::string cause = "the clone plugin needs the same series: the donor's server is mysql 9.6.0, and the one here is mysql 9.7.";
  SECTION("an innovation series") {}
  SECTION("an older one") { version = {Flavour::mysql, 8, 0, 36}; cause = "the donor's server is mysql 8.0.36"; }
  SECTION("a newer one") { version = {Flavour::mysql, 26, 7, 0}; cause = "the donor's server is mysql 26.7.0"; }
  SECTION("one that offers a stream, and there is no tool here") {
    version = {Flavour::mysql, 9, 7, 4};
    engine = Engine::xtrabackup;
    cause = "no backup tool is in PATH here";
  }
  const std::string answer = with_length(fit_donor("mysql-0", Role::primary, version, engine));
  const RawServer server(TestSet::address(0), set.clone_port(), [&](const std::string&) { return answer; }, set.tls());
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

TEST_CASE("a replica uses TLS where the source offers it, and the source's public key where not", "[plugin]") {
  // Without it the plugin clones only where that was said to be good enough.
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
}

TEST_CASE("a recorded position that the copy's own tables lack is set, as after a restore by a backup tool", "[plugin]") {
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
  SECTION("with none") { client.execute("RESET REPLICA ALL"); }
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
