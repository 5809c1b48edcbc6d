#include <catch2/catch.hpp>

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
    for (const auto& entry : std::filesystem::directory_iterator(set.data(1)))
      if (entry.path().filename() != ".mysql-agent") std::filesystem::remove_all(entry.path());
  }
  set.make_rows(50);
  set.start_pod(1);
  set.expect_same_rows(1);
}

TEST_CASE("a primary that lost its volume") {
  TestSet set;
  set.start_pods(3);
  set.make_rows(200);
  set.expect_same_rows(1);
  set.expect_same_rows(2);
  const std::string rows = set.fingerprint(0);
  set.stop_pod(0);
  std::filesystem::remove_all(set.data(0));

  SECTION("is recovered from a peer, and the replicas go on") {
    set.start_pod(0);
    CHECK(set.fingerprint(0) == rows);
    set.make_rows(20);
    set.expect_same_rows(1);
    set.expect_same_rows(2);
    CHECK_THAT(read_text(set.state_file(0)), Catch::Contains("\"state\": \"primary\""));
  }
  SECTION("stays down with --on-lost-primary=refuse") {
    const Ran refused = set.clone(0, {"--on-lost-primary", "refuse"});
    CHECK(refused.exit_code == 3);
    CHECK_THAT(refused.output, Catch::Contains("a peer has data: mysql-1 at 0-100-"));
  }
  SECTION("starts empty where --on-lost-primary=initialize says so") {
    CHECK(set.clone(0, {"--on-lost-primary", "initialize"}).exit_code == 0);
    CHECK_FALSE(std::filesystem::exists(set.data(0) / "test"));
  }
  SECTION("waits for a peer that is up and does not say what it has") {
    set.stop_server(2);
    set.wait_not_ready(2, "the server does not answer");
    const Ran waited = set.clone(0, {"--donor-wait", "1s"});
    CHECK(waited.exit_code == 1);
    CHECK_THAT(waited.output, Catch::Contains("a peer exists and does not say what it has"));
    CHECK_FALSE(std::filesystem::exists(set.data(0) / "mysql"));
  }
  SECTION("waits where DNS gives no answer, and where nothing vouches for it") {
    // Names below .invalid never resolve (RFC 2606), our own included.
    const Ran waited = set.clone(0, {"--donor-wait", "1s", "--peer-host", "{set}-{ordinal}.mysql.invalid"});
    CHECK(waited.exit_code == 1);
    CHECK_FALSE(std::filesystem::exists(set.data(0) / "mysql"));
  }
}

TEST_CASE("a replica never starts empty") {
  TestSet set;
  REQUIRE(set.init(1).exit_code == 0);
  const Ran waited = set.clone(1, {"--donor-wait", "1s"});
  CHECK(waited.exit_code == 1);
  CHECK_THAT(waited.output, Catch::Contains("error: no fit donor"));
  CHECK_THAT(waited.output, Catch::Contains("hint: a replica never starts empty"));
  CHECK_FALSE(std::filesystem::exists(set.data(1) / "mysql"));
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
  SECTION("is refused where it was never prepared, as the tutorial leaves it when it is killed") {
    const auto target = set.dir(7) / "data";
    std::filesystem::create_directories(target);
    const std::string url = "http://" + TestSet::address(0) + ":" + std::to_string(set.clone_port()) + "/v1/clone";
    REQUIRE(run_to_end({"bash", "-c", "curl -sf " + url + " | mbstream -x -C " + target.string()}).exit_code == 0);
    const Ran refused = set.clone(7);
    CHECK(refused.exit_code == 3);
    CHECK_THAT(refused.output, Catch::Contains("the backup was never prepared"));
    CHECK(std::filesystem::exists(target / "xtrabackup_checkpoints"));
  }
  SECTION("is refused where the stream was cut") {
    const auto target = set.dir(7) / "data";
    std::filesystem::create_directories(target);
    const std::string url = "http://" + TestSet::address(0) + ":" + std::to_string(set.clone_port()) + "/v1/clone";
    const std::string stream = (set.dir(7) / "stream").string();
    REQUIRE(run_to_end({"curl", "-sf", "-o", stream, url}).exit_code == 0);
    for (const char* bytes : {"13500000", "17400000"}) {
      run_to_end({"bash", "-c", "rm -rf " + target.string() + "/*; head -c " + bytes + " " + stream + " | mbstream -x -C " + target.string()});
      REQUIRE(std::filesystem::exists(target / "ibdata1"));
      const Ran refused = set.clone(7);
      INFO(bytes << refused.output);
      CHECK(refused.exit_code == 3);
    }
  }
}
