#include <catch2/catch.hpp>

#include "common/base/file.hpp"
#include "common/volume/data_dir.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
namespace fs = std::filesystem;

namespace {

// Initialises as the images' entrypoints do. MariaDB's program is a script, so that it gets a process group of its own.
Arguments first_initialisation(const TestSet& set, const fs::path& data) {
  fs::create_directories(data);
  fs::create_directories(set.dir(0) / "tmp");
  const std::string tmp = "--tmpdir=" + (set.dir(0) / "tmp").string();
  if (set.kind().is_mysql())
    return set.kind().command({"mysqld", "--no-defaults", "--user=root", "--initialize-insecure",
                               "--datadir=" + data.string(), tmp, "--secure-file-priv=NULL",
                               "--innodb-redo-log-capacity=16M"});
  return {"setsid",
          set.kind().program("mariadb-install-db"),
          "--no-defaults",
          "--user=root",
          "--datadir=" + data.string(),
          tmp,
          "--auth-root-authentication-method=normal",
          "--skip-test-db",
          "--cross-bootstrap"};
}

}  // namespace

TEST_CASE(
    "a first data directory that an image's entrypoint did not finish is refused, and a finished one is adopted") {
  TestSet set;
  const fs::path data = set.data(0);
  const auto done = [&] {
    return fs::exists(data / (set.kind().is_mysql() ? "sys" : "mysql_upgrade_info")) ||
           fs::exists(data / "mariadb_upgrade_info");
  };
  const auto begun = [&] { return fs::exists(data / "mysql") && fs::exists(data / "ibdata1"); };
  int refused = 0;
  for (int round = 0; round < 5; ++round) {
    fs::remove_all(data);
    {
      Background entrypoint(first_initialisation(set, data), set.dir(0) / "entrypoint.log");
      REQUIRE(eventually(std::chrono::seconds(60), [&] { return begun() || done(); }));
      std::this_thread::sleep_for(
          std::chrono::milliseconds(round * 40));  // each round kills at another moment; this waits for nothing
      // setsid is replaced by the script. The children of the script end with its group.
      ::kill(set.kind().is_mysql() ? entrypoint.pid() : -entrypoint.pid(), SIGKILL);
      entrypoint.wait(std::chrono::seconds(30));
    }
    if (done()) continue;
    const auto files = list_directory(data);
    const Ran ran = set.clone(0);
    INFO(ran.output);
    CHECK(ran.exit_code == 3);
    CHECK_THAT(ran.output, Catch::Contains("the data directory holds data that is not complete"));
    CHECK(list_directory(data) == files);
    ++refused;
  }
  CHECK(refused > 0);
  fs::remove_all(data);
  {
    Background entrypoint(first_initialisation(set, data), set.dir(0) / "entrypoint.log");
    CHECK(entrypoint.wait(std::chrono::seconds(60)) == 0);
  }
  const Ran adopted = set.clone(0);
  INFO(adopted.output);
  CHECK(adopted.exit_code == 0);
  CHECK_THAT(adopted.output, Catch::Contains("adopted the data"));
}
