#include <catch2/catch.hpp>

#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

// MariaDB reports the version that its option names, so that a server can pose as another version. MySQL has no such
// option.
TEST_CASE(
    "a server that is newer than the agent knows is used, and said once, and one that is too old answers, and is told "
    "so",
    "[once]") {
  TestSet set;
  REQUIRE(set.init(0).exit_code == 0);
  REQUIRE(set.clone(0).exit_code == 0);
  SECTION("newer") {
    set.start_server(0, {"--version=13.1.2-MariaDB"});
    set.start_sidecar(0);
    set.wait_ready(0);
    const std::string warning = "the server is mariadb 13.1.2, newer than this mysql-agent knows";
    REQUIRE(eventually(std::chrono::seconds(20),
                       [&] { return set.sidecar(0).output().find(warning) != std::string::npos; }));
    set.make_rows(10);
    // The warning is logged once, not at each look.
    const std::string said = set.sidecar(0).output();
    CHECK(said.find(warning) == said.rfind(warning));
  }
  SECTION("too old") {
    set.start_server(0, {"--version=10.5.29-MariaDB"});
    set.start_sidecar(0);
    set.wait_not_ready(0, "the server is mariadb 10.5.29, which is older than this mysql-agent supports");
    // The probes answer well. If they failed, the pod would be killed again and again.
    CHECK(set.probe(0, "/startupz").status == 200);
    CHECK(set.probe(0, "/livez").status == 200);
    set.stop_server(0);
    CHECK(eventually(std::chrono::seconds(20), [&] { return set.probe(0, "/startupz").status == 503; }));
  }
}
