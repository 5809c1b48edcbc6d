#include <catch2/catch.hpp>

#include "common/base/file.hpp"
#include "common/volume/data_dir.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
namespace fs = std::filesystem;

namespace {

struct Bad {
  std::string text;
  const char* said;
};

// Damaged state files. No subcommand may take them for a state, or for a missing state file.
std::vector<Bad> bad_states(const std::string& good) {
  std::string newer = good;
  newer.replace(newer.find("\"version\": 1"), 12, "\"version\": 2");
  std::string other = good;
  other.replace(other.find("mysql-1"), 7, "mysql-2");
  return {{"", "not readable as format 1"},
          {good.substr(0, good.size() / 2), "not readable as format 1"},
          {newer, "it has format 2"},
          {other, "belongs to the pod mysql-2, and this is mysql-1"}};
}

}  // namespace

TEST_CASE("a state that is cut, empty, newer or another pod's is exit 3 for whoever reads it, and nothing is touched",
          "[once]") {
  TestSet set;
  set.start_pods(2);
  set.stop_pod(1);
  const DataDir dir{set.data(1)};
  const auto files = list_directory(dir.root);
  const std::string good = read_text(dir.state_file());
  for (const Bad& bad : bad_states(good)) {
    INFO(bad.text);
    write_text(dir.state_file(), bad.text);
    const Ran reclone = run_to_end({AGENT_BINARY, "reclone", "--pod-name", "mysql-1", "--data-dir", dir.root});
    for (const Ran& ran : {set.clone(1), set.status(1), reclone}) {
      INFO(ran.output);
      CHECK(ran.exit_code == 3);
      CHECK_THAT(ran.output, Catch::Contains("error: " + dir.state_file().string()) && Catch::Contains(bad.said) &&
                                 Catch::Contains("hint: "));
    }
    CHECK(read_text(dir.state_file()) == bad.text);
    CHECK(list_directory(dir.agent()) == std::vector<std::string>{"state.json"});
    CHECK(list_directory(dir.root) == files);
  }
  write_text(dir.state_file(), good);
  CHECK(set.clone(1).exit_code == 0);
}

TEST_CASE("a sidecar that does not understand its state is not ready, gives no clone, and does nothing", "[once]") {
  TestSet set;
  set.start_pod(0);
  set.make_rows(100);
  REQUIRE(set.init(1).exit_code == 0);
  REQUIRE(set.clone(1).exit_code == 0);
  set.start_server(1);
  const DataDir dir{set.data(1)};
  const std::string good = read_text(dir.state_file());
  write_text(dir.state_file(), "");
  set.start_sidecar(1);
  for (const Bad& bad : bad_states(good)) {
    INFO(bad.text);
    write_text(dir.state_file(), bad.text);
    set.wait_not_ready(1, bad.said);
    CHECK(set.probe(1, "/livez").status == 200);
    CHECK_THAT(set.ask_donor(1).body, Catch::Contains("\"fit\": false") && Catch::Contains("\"has_data\": false"));
    CHECK(read_text(dir.state_file()) == bad.text);
    CHECK(MysqlClient(set.login(1), std::chrono::seconds(10)).query("SHOW SLAVE STATUS").empty());
  }
  // The sidecar goes on as soon as the state file is readable.
  write_text(dir.state_file(), good);
  set.wait_ready(1);
  set.expect_same_rows(1);
  // If the state file becomes unreadable later, replication is left running.
  const std::string replicating = read_text(dir.state_file());
  write_text(dir.state_file(), replicating.substr(0, 20));
  set.wait_not_ready(1, "not readable as format 1");
  set.make_rows(10);
  set.expect_same_rows(1);
  write_text(dir.state_file(), replicating);
  set.wait_ready(1);
}
