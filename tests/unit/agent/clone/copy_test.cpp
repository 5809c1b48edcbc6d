#include "agent/clone/copy.hpp"

#include <unistd.h>

#include "common/base/log.hpp"
#include "tests/support/captured.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/scoped_env.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

TEST_CASE("clone-mysql says that the server of its image is newer than it knows") {
  const TempDir dir;
  const ScopedEnv path("PATH", (dir / "bin").string() + ":/usr/bin:/bin");
  const auto log_of_initialize = [&](const std::string& version) {
    write_text(dir / "bin/mysqld", "#!/bin/sh\n[ \"$2\" = --version ] || exit 1\necho 'mysqld  Ver " + version +
                                       " for Linux on x86_64 (MySQL Community Server - GPL)'\n");
    std::filesystem::permissions(dir / "bin/mysqld", std::filesystem::perms::owner_all);
    std::filesystem::create_directories(dir / "data");
    CloneOptions options;
    options.set.pod = parse_pod_name("mysql-0");
    options.data_dir = dir / "data";
    CloneActivity activity(options.set);
    CopyMaker copy(options, DataDir{options.data_dir}, activity);
    start_log(LogLevel::info, LogFormat::text);
    const Captured log(STDERR_FILENO);
    CHECK(code_of([&] { copy.initialize("the data directory is empty, and no peer exists"); }) == ExitCode::failed);
    return log.text();
  };
  CHECK_THAT(log_of_initialize("26.7.0"),
             Catch::Contains("the server is mysql 26.7.0, newer than this mysql-agent knows"));
  CHECK_THAT(log_of_initialize("9.7.4"), !Catch::Contains("newer than"));
}

TEST_CASE("a clone's position has all that its donor had when it was chosen") {
  DonorInfo donor;
  donor.server = {Flavour::mariadb, 10, 11, 19};
  donor.role = Role::primary;
  donor.by_gtid = true;
  donor.position = "0-100-10,1-100-3";
  const auto missing = [&](const std::string& gtid) {
    return missing_in_position(donor, {.gtid = gtid, .binlog_file = "binlog.000002", .binlog_offset = 339});
  };
  CHECK(missing("") == "0-100-10,1-100-3");
  CHECK(missing("0-100-12") == "1-100-3");
  CHECK(missing("0-200-11,1-100-3") == "");
  SECTION("a primary that has written nothing gives a position without GTIDs") {
    donor.position = "";
    CHECK(missing("") == "");
  }
  SECTION("of a MariaDB replica what came from its source counts") {
    donor.role = Role::replica;
    donor.position = "0-101-11";
    donor.applied = "0-100-10";
    CHECK(missing("0-100-10") == "");
    CHECK(missing("") == "0-100-10");
  }
  SECTION("of MySQL each GTID counts") {
    const std::string uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    donor.server = {Flavour::mysql, 9, 7, 4};
    donor.position = uuid + ":1-10";
    CHECK(missing(uuid + ":1-8") == uuid + ":9-10");
    CHECK(missing("") == uuid + ":1-10");
    donor.by_gtid = false;
    CHECK(missing("") == "");
  }
}
