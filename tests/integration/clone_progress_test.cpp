#include <catch2/catch.hpp>
#include <regex>

#include "tests/support/fake_donor.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

TEST_CASE("a clone says within 10 s how far it is, and a trickle is not given up", "[stream][family]") {
  TestSet set;
  REQUIRE(set.init(1).exit_code == 0);
  const std::string donor = with_length(fit_donor("mysql-0", Role::primary, set.kind().version()));
  // The answer takes longer than the stall timeout, but its pauses are shorter.
  const RawServer server(TestSet::address(0), set.clone_port(), answers_of(donor, answer_of(complete_stream())),
                         set.tls(), [](const std::string& said) {
                           return said.size() > 4000 ? std::chrono::milliseconds(1200) : std::chrono::milliseconds(0);
                         });

  SECTION("in the log") {
    Background clone = set.begin_clone(1, {"--stall-timeout", "4s", "--donor-wait", "500ms"});
    CHECK(eventually(std::chrono::seconds(12),
                     [&] { return clone.output().find("clone-mysql: received ") != std::string::npos; }));
    CHECK(clone.wait(std::chrono::seconds(20)) == 1);
    INFO(clone.output());
    // The stream came to its end. The fake donor's data cannot be prepared.
    CHECK_THAT(clone.output(), Catch::Contains("received the clone donor=mysql-0") && Catch::Contains("/s"));
  }
  SECTION("with a bar where stderr is a terminal") {
    std::filesystem::create_directories(set.data(1));
    std::string command;
    for (const std::string& word : set.clone_command(1, {"--stall-timeout", "4s", "--donor-wait", "500ms"}))
      command += "'" + word + "' ";
    const Ran ran = run_to_end({"script", "-qec", command, "/dev/null"});
    INFO(ran.output);
    CHECK_THAT(ran.output, Catch::Contains("\r[") && Catch::Contains("] ") && Catch::Contains(" of about "));
    INFO("the bar is full in the end, and stays; no line of the log lands on it");
    CHECK_THAT(ran.output, Catch::Contains("\r[##############################] ") && Catch::Contains("(100%)"));
    const std::regex landed("\\] [^\r\n]*[0-9]Z (info|warning) ");
    CHECK_FALSE(std::regex_search(ran.output, landed));
  }
}
