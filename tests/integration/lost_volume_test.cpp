#include <catch2/catch.hpp>

#include "common/backup/backup_metadata.hpp"
#include "common/base/file.hpp"
#include "common/volume/data_dir.hpp"
#include "tests/support/snapshot.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

TEST_CASE("a replica that lost its volume is cloned again") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(200);
  set.expect_same_rows(1);
  set.stop_pod(1);
  SECTION("all of it") {
    std::filesystem::remove_all(set.data(1));
  }
  SECTION("all but the agent's own directory") {
    remove_visible(set.data(1));
  }
  set.make_rows(50);
  set.start_pod(1);
  set.expect_same_rows(1);
}

TEST_CASE("a primary that lost its volume does not come up empty, and is recovered from a peer") {
  TestSet set;
  set.start_pods(3);
  set.make_rows(200);
  set.expect_same_rows(1);
  set.expect_same_rows(2);
  const std::string rows = set.fingerprint(0);
  const std::string position = set.gtid_prefix(0);
  // The answer of a sidecar is up to two seconds old.
  REQUIRE(
      eventually(std::chrono::seconds(10), [&] { return set.ask_donor(1).body.find(position) != std::string::npos; }));
  set.stop_pod(0);
  std::filesystem::remove_all(set.data(0));

  const Ran refused = set.clone(0, {"--on-lost-primary", "refuse"});
  CHECK(refused.exit_code == 3);
  CHECK_THAT(refused.output, Catch::Contains("a peer has data: mysql-1 at " + position));

  // Names in .invalid never resolve (RFC 2606). The pod's own name does not resolve either.
  const Ran no_names = set.clone(0, {"--donor-wait", "1s", "--peer-host", "{set}-{ordinal}.mysql.invalid"});
  CHECK(no_names.exit_code == 1);
  CHECK_FALSE(std::filesystem::exists(set.data(0) / "mysql"));

  set.stop_server(2);
  set.wait_not_ready(2, "the server does not answer");
  const Ran waited = set.clone(0, {"--donor-wait", "1s"});
  CHECK(waited.exit_code == 1);
  CHECK_THAT(waited.output, Catch::Contains("waiting for mysql-2: "));
  CHECK_FALSE(std::filesystem::exists(set.data(0) / "mysql"));
  set.start_server(2);

  SECTION("and the replicas go on") {
    set.start_pod(0);
    CHECK(set.fingerprint(0) == rows);
    set.make_rows(20);
    set.expect_same_rows(1);
    set.expect_same_rows(2);
    CHECK_THAT(read_text(set.state_file(0)), Catch::Contains("\"state\": \"primary\""));
  }
  SECTION("unless --on-lost-primary=initialize is set") {
    CHECK(eventually(std::chrono::seconds(20),
                     [&] { return set.ask_donor(2).body.find("\"has_data\": true") != std::string::npos; }));
    CHECK(set.clone(0, {"--on-lost-primary", "initialize"}).exit_code == 0);
    CHECK_FALSE(std::filesystem::exists(set.data(0) / "test"));
  }
}

TEST_CASE("a primary that knows of data of its set does not begin anew when nobody answers any more", "[once]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(100);
  set.expect_same_rows(1);
  const std::string rows = set.fingerprint(0);
  set.stop_pod(0, SIGKILL);
  const DataDir dir{set.data(0)};
  const auto does_not_begin = [&](const std::string& evidence) {
    const Ran waited = set.clone(0, {"--donor-wait", "1s"});
    INFO(waited.output);
    CHECK(waited.exit_code == 1);
    CHECK_THAT(waited.output, Catch::Contains("error: no other pod has data now") && Catch::Contains(evidence) &&
                                  Catch::Contains("--on-lost-primary=initialize"));
    CHECK(list_directory(dir.root) == std::vector<std::string>{".mysql-agent"});
  };

  INFO("a peer that does not say what it has goes away while it is waited for, and comes back no more");
  std::filesystem::remove_all(dir.root);
  std::filesystem::create_directories(dir.root);
  set.stop_server(1, SIGKILL);
  set.wait_not_ready(1, "the server does not answer");
  {
    Background clone(set.clone_command(0, {"--donor-wait", "8s"}), set.dir(0) / "clone.log");
    CHECK(eventually(std::chrono::seconds(10),
                     [&] { return clone.output().find("waited: waiting for mysql-1: ") != std::string::npos; }));
    set.stop_sidecar(1, SIGKILL);
    CHECK(clone.wait(std::chrono::seconds(30)) == 1);
    CHECK_THAT(clone.output(), Catch::Contains("error: no other pod has data now"));
  }
  does_not_begin("mysql-1");

  INFO("the donor goes away while the primary is recovered from it");
  set.start_server(1);
  set.start_sidecar(1);
  CHECK(set.clone(0, {"--donor-wait", "1m"}, {"MYSQL_AGENT_TEST_CRASH_AT=clone.receiving"}).exit_code == 128 + SIGKILL);
  set.stop_pod(1, SIGKILL);
  does_not_begin("mysql-1 has data");

  INFO("it is recovered as soon as the peer is there again, and forgets what it waited for");
  set.start_server(1);
  set.start_sidecar(1);
  REQUIRE(set.clone(0, {"--donor-wait", "1m"}).exit_code == 0);
  CHECK(list_directory(dir.agent()) == std::vector<std::string>{"state.json"});
  set.start_containers(0);
  CHECK(set.fingerprint(0) == rows);

  INFO("its own state, when all files are gone and no peer exists");
  for (const int pod : {0, 1}) set.stop_pod(pod, SIGKILL);
  remove_visible(dir.root);
  does_not_begin("the state on this volume is primary");
  INFO("a person may say so, and then the old identity goes with the old data");
  const Ran told = set.clone(0, {"--initialize=false", "--on-lost-primary", "initialize"});
  INFO(told.output);
  CHECK(told.exit_code == 0);
  CHECK_FALSE(std::filesystem::exists(dir.state_file()));
  does_not_begin("the state on this volume is primary");
  CHECK(set.clone(0, {"--on-lost-primary", "initialize"}).exit_code == 0);
  CHECK(list_directory(dir.agent()) == std::vector<std::string>{"state.json"});
}

TEST_CASE("a replica never starts empty", "[family]") {
  TestSet set;
  REQUIRE(set.init(1).exit_code == 0);
  const Ran waited = set.clone(1, {"--donor-wait", "1s"});
  CHECK(waited.exit_code == 1);
  CHECK_THAT(waited.output, Catch::Contains("error: no fit donor"));
  CHECK_THAT(waited.output, Catch::Contains("hint: a replica never starts empty"));
  CHECK_FALSE(std::filesystem::exists(set.data(1) / "mysql"));
}

TEST_CASE("a clone has the databases that are named like a backup tool's own files") {
  TestSet set;
  set.start_pod(0);
  set.make_rows(10);
  for (const std::string name : {"xtrabackup_app", "mariadb_backup_app", "xtrabackup_info2"}) {
    set.sql(0, "CREATE DATABASE " + name);
    set.sql(0, "CREATE TABLE " + name + ".t (id INT PRIMARY KEY)");
    set.sql(0, "INSERT INTO " + name + ".t VALUES (1), (2), (3)");
  }
  set.start_pod(1);
  set.expect_same_rows(1);
  for (const std::string name : {"xtrabackup_app", "mariadb_backup_app", "xtrabackup_info2"}) {
    INFO(name);
    CHECK(set.value(1, "SELECT COUNT(*) FROM " + name + ".t") == "3");
  }
}

TEST_CASE("data that was there before the agent") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(100);
  set.expect_same_rows(1);
  set.stop_pod(1);

  SECTION("is adopted where it is complete, and goes on replicating") {
    std::filesystem::remove_all(set.data(1) / ".mysql-agent");
    const Ran adopted = set.clone(1);
    CHECK(adopted.exit_code == 0);
    CHECK_THAT(adopted.output, Catch::Contains("adopted the data that was there"));
    set.make_rows(10);
    set.start_containers(1);
    set.expect_same_rows(1);
  }
}

TEST_CASE("data that was there before the agent, as a tutorial's pipe leaves it when it is killed, is refused",
          "[stream][family]") {
  TestSet set(Security::insecure);
  set.start_pod(0);
  const auto target = set.dir(7) / "data";
  std::filesystem::create_directories(target);
  const std::string unpack = set.kind().program("mbstream") + " -x -C " + target.string();

  SECTION("where it was never prepared") {
    REQUIRE(run_to_end({"bash", "-c", set.curl_clone(0) + " | " + unpack}).exit_code == 0);
    const Ran refused = set.clone(7);
    CHECK(refused.exit_code == 3);
    CHECK_THAT(refused.output, Catch::Contains("the backup was never prepared"));
    CHECK(read_backup_checkpoints(target));
  }
  SECTION("where the stream was cut") {
    const std::string stream = (set.dir(7) / "stream").string();
    REQUIRE(run_to_end({"sh", "-c", set.curl_clone(0) + " -o " + stream}).exit_code == 0);
    // The cuts are counted from the end of the stream. The first is in the system tables after ibdata1, the second is
    // before the redo log.
    for (const char* bytes : {"4000000", "140000"}) {
      run_to_end({"bash", "-c", "rm -rf " + target.string() + "/*; head -c -" + bytes + " " + stream + " | " + unpack});
      REQUIRE(std::filesystem::exists(target / "ibdata1"));
      const Ran refused = set.clone(7);
      INFO(bytes << refused.output);
      CHECK(refused.exit_code == 3);
    }
  }
}
