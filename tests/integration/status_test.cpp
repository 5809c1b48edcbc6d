#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
using namespace std::chrono_literals;

TEST_CASE("status --all asks every pod of the set, and says yes when all are ready", "[once]") {
  TestSet set;
  set.start_pods(3);
  set.make_rows(10);
  // A sidecar answers with what it saw at its last look.
  CHECK(eventually(10s, [&] {
    const std::string json = set.status(1, {"--all", "--output", "json"}).output;
    return json.find("\"position\": \"\"") == std::string::npos;
  }));
  const Ran all = set.status(1, {"--all"});
  INFO(all.output);
  CHECK(all.exit_code == 0);
  CHECK_THAT(all.output, Catch::StartsWith("pod      role     ready  state        lag") &&
                             Catch::Contains("\nmysql-0  primary  yes    primary      -    ") &&
                             Catch::Contains("\nmysql-1  replica  yes    replicating  0 s  ") &&
                             Catch::Contains("mariadb 10.11") && Catch::Contains("  mysql-0      0-100-") &&
                             Catch::Contains("\nmysql-2  replica  yes    replicating") && !Catch::Contains("mysql-3"));
  // status --all needs nothing of the pod that it runs in.
  CHECK(set.status(1, {"--all", "--data-dir", "/no/such/directory", "--mysql-port", "1"}).exit_code == 0);
  // A sidecar that does not answer is listed as missing if a pod with a higher ordinal answers. Else it does not exist.
  set.stop_sidecar(1);
  const Ran gap = set.status(0, {"--all", "--output", "json"});
  INFO(gap.output);
  CHECK(gap.exit_code == 1);
  const auto json = nlohmann::json::parse(gap.output);
  REQUIRE(json.size() == 3);
  CHECK(json[0]["ready"] == true);
  CHECK(json[1]["pod"] == "mysql-1");
  CHECK(json[1]["ready"] == false);
  CHECK_THAT(json[1]["reason"].get<std::string>(), Catch::StartsWith("there is no such pod: "));
  CHECK(json[2]["role"] == "replica");
  set.stop_sidecar(2);
  CHECK(nlohmann::json::parse(set.status(0, {"--all", "--output", "json"}).output).size() == 1);
}

TEST_CASE("the doctor follows a replica from an empty volume to held replication", "[once]") {
  TestSet set;
  set.start_pod(0);
  CHECK(set.doctor(0).exit_code == 0);
  REQUIRE(set.init(1).exit_code == 0);
  std::filesystem::create_directories(set.data(1));
  const Ran empty = set.doctor(1);
  CHECK(empty.exit_code == 1);
  CHECK_THAT(empty.output,
             Catch::Contains("data         there is none yet") && Catch::Contains("sidecar      it does not answer"));
  set.start_pod(1);
  const Ran well = set.doctor(1);
  INFO(well.output);
  CHECK(well.exit_code == 0);
  CHECK_THAT(well.output, Catch::StartsWith("mysql-1, replica: nothing stands in its way\n"));
  set.let_root_write(1);
  set.sql(1, "CREATE DATABASE written_here");
  set.wait_not_ready(1, "transactions of its own");
  const Ran held = set.doctor(1);
  INFO(held.output);
  CHECK(held.exit_code == 3);
  CHECK_THAT(held.output, Catch::StartsWith("mysql-1, replica: a person must decide\n") &&
                              Catch::Contains("replication  held until a person has looked\n") &&
                              Catch::Contains("transactions of its own") &&
                              Catch::Contains("next step    look what these transactions wrote"));
  CHECK_THAT(set.probe(1, "/metrics").body, Catch::Contains("\nmysql_agent_replication_held{kind=\"diverged\"} 1\n") &&
                                                Catch::Contains("\nmysql_agent_replication_diverged_transactions 1\n"));
  CHECK(set.status(1, {"--all"}).exit_code == 1);
  INFO("status says what the probe says");
  const Ran status = set.status(1);
  CHECK(status.exit_code == 1);
  CHECK_THAT(status.output, Catch::Contains("\nready        no: ") && Catch::Contains("transactions of its own"));
  CHECK_THAT(set.status(1, {"--output", "json"}).output, Catch::Contains("\"ready\": false"));
}
