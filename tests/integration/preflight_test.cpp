#include <catch2/catch.hpp>

#include "common/base/file.hpp"
#include "common/volume/data_dir.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
namespace fs = std::filesystem;

TEST_CASE("a donor whose data the server here could not read is refused before a byte is moved", "[family]") {
  TestSet set;
  set.start_pod(0);
  CHECK_THAT(set.ask_donor(0).body,
             Catch::Contains("\"lower_case_table_names\": 0") && Catch::Contains("\"page_size\": 16384"));
  const auto refused = [&](const std::string& option, const std::string& cause) {
    write_text(set.config_map() / "replica.cnf", "[mysqld]\n" + option + "\n");
    REQUIRE(set.init(1).exit_code == 0);
    const Ran ran = set.clone(1, {"--defaults-file", set.dir(1) / "my.cnf"});
    INFO(ran.output);
    CHECK(ran.exit_code == 2);
    CHECK_THAT(ran.output, Catch::Contains("error: mysql-0's server has " + cause));
    CHECK_THAT(ran.output, Catch::Contains("hint: no server could start on that clone"));
    CHECK(list_directory(DataDir{set.data(1)}.agent()) ==
          std::vector<std::string>{"set-evidence.json"});  // there is neither a state nor staging
  };
  refused("lower_case_table_names=1", "lower_case_table_names=0, and the option files here give 1");
  refused("innodb_page_size=8k", "innodb_page_size=16384, and the option files here give 8192");
  // Unknown settings are no reason to refuse: maybe the option files are not mounted here.
  REQUIRE(set.clone(1, {"--defaults-file", set.dir(1) / "none.cnf", "--donor-wait", "1s"}, {}).exit_code == 0);
}

TEST_CASE("data on which a server runs is not adopted, nor is a clone published beside it", "[family]") {
  TestSet set;
  set.start_pod(0);
  set.stop_sidecar(0);
  const std::string state = read_text(set.state_file(0));
  fs::remove(set.state_file(0));
  const Ran adopted = set.clone(0);
  INFO(adopted.output);
  CHECK(adopted.exit_code == 1);
  CHECK_THAT(adopted.output, Catch::Contains("error: a server runs on " + set.data(0).string()) &&
                                 Catch::Contains("hint: clone-mysql runs before the server"));
  CHECK_FALSE(fs::exists(set.state_file(0)));
  std::string publishing = state;
  publishing.replace(publishing.find("\"primary\""), 9, "\"publishing\"");
  write_text(set.state_file(0), publishing);
  CHECK(set.clone(0).exit_code == 1);
  CHECK(read_text(set.state_file(0)) == publishing);
  // Settled data is left as it is, though a server runs on it.
  write_text(set.state_file(0), state);
  CHECK(set.clone(0).exit_code == 0);
  set.stop_server(0);
  fs::remove(set.state_file(0));
  CHECK(set.clone(0).exit_code == 0);
}
