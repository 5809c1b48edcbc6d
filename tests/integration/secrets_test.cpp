#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/support/raw_peer.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

// The processes, other than the test, whose command line or environment holds `secret`.
std::string processes_that_say(const std::string& secret) {
  std::string found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string pid = entry.path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos || pid == std::to_string(::getpid())) continue;
    for (const char* file : {"cmdline", "environ"}) {
      try {
        if (read_text(entry.path() / file).find(secret) != std::string::npos) found += pid + "/" + file + " ";
      } catch (const std::exception&) {
        // It ended while we looked.
      }
    }
  }
  return found;
}

}  // namespace

TEST_CASE("no secret stands in a command line, an environment, a log, the state, or SQL that is logged", "[family]") {
  TestSet set;
  REQUIRE(set.init(0).exit_code == 0);
  // The sidecar makes the replication account, while the server has its general log on.
  REQUIRE(set.clone(0, set.without_account()).exit_code == 0);
  const std::string general_log = set.dir(0) / "general.log";
  set.start_server(0, {"--general-log=1", "--general-log-file=" + general_log});
  set.start_sidecar(0, {"--log-level", "debug"});
  set.wait_ready(0);
  set.make_rows(60'000, 1000);

  const std::string replica_log = set.dir(1) / "general.log";
  REQUIRE(set.init(1).exit_code == 0);
  const Ran cloned = set.clone(1, {"--log-level", "debug"});
  REQUIRE(cloned.exit_code == 0);
  set.start_server(1, {"--general-log=1", "--general-log-file=" + replica_log});
  set.start_sidecar(1, {"--log-level", "debug"});
  set.wait_ready(1);

  // A recipient that does not read keeps a backup tool running.
  std::optional<RawClient> recipient;
  if (set.kind().has_backup_tool()) {
    recipient.emplace(TestSet::address(0), set.clone_port(), "GET /v1/clone HTTP/1.1\r\nHost: x\r\n\r\n", set.tls());
    recipient->read(100'000);
    REQUIRE(children_of(set.sidecar(0).pid(), "mariadb-backup").size() == 1);
  }

  const std::string replication_password = read_text(set.replication_password_file());
  const std::string clone_password = read_text(set.clone_password_file());
  const std::string clone_secret = read_text(set.clone_secret_file());
  // A log can escape characters. So also look for the parts of the passwords that have no such characters.
  for (const std::string& secret : {awkward_password(), replication_password, clone_password, clone_secret,
                                    std::string("s %d;#="), std::string("n %e;#="), std::string("r %f;#=")}) {
    CHECK(processes_that_say(secret).empty());
    for (const std::string& text :
         {set.sidecar(0).output(), set.sidecar(1).output(), cloned.output, read_text(set.state_file(0)),
          read_text(set.state_file(1)), read_text(general_log), read_text(replica_log)})
      CHECK(text.find(secret) == std::string::npos);
  }
  // The logs have the statements that hold no secret: so these are the right logs.
  CHECK_THAT(read_text(general_log), Catch::Contains("GRANT REPLICATION SLAVE"));
  CHECK_THAT(read_text(replica_log), Catch::Contains("START REPLICA"));
}
