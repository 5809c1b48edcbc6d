#include "agent/clone/server_directories.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;

TEST_CASE("the directories are found that options name in the data directory, and no others") {
  const auto found = [](const std::string& options) {
    return server_directories(parse_server_settings("\n" + options, ""), "/var/lib/mysql");
  };
  using Paths = std::vector<std::filesystem::path>;
  CHECK(found("--log_bin=binlog --relay-log=relay-bin --tmpdir=/tmp --log_error=/var/log/e").empty());
  CHECK(found("--log_bin=logs/binlog --relay_log=./relay/x --log-bin-index=logs/i") == Paths{"logs", "relay"});
  CHECK(found("--tmpdir=/tmp:/var/lib/mysql/tmp:/var/lib/mysql --innodb_tmpdir=/var/lib/mysql/a/b/") ==
        Paths{"tmp", "a/b/"});
  CHECK(found("--log_bin=../logs/x --relay_log=.mysql-agent/x --log_bin").empty());
  CHECK(found("--log_bin=logs/old --log_bin=new").empty());
}
