#include "agent/replication/log_watch.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;

namespace {

ServerFacts server_at(const std::string& file, std::uint64_t offset, const std::string& version) {
  ServerFacts server;
  server.version = parse_server_version(version);
  server.log_file = file;
  server.log_offset = offset;
  return server;
}

}  // namespace

TEST_CASE("a binary log that was thrown away is found by its end, and by what begins where it once ended") {
  const std::string mariadb = "10.11.19-MariaDB";
  const Position before{.gtid = "0-100-7", .binlog_file = "binlog.000002", .binlog_offset = 500};
  const auto reset = [&](const std::string& file, std::uint64_t offset, const LogAtPlace& at = {}) {
    return was_reset(before, server_at(file, offset, mariadb), at);
  };
  SECTION("row 1: another log, or none that is known") {
    CHECK_FALSE(reset("other.000001", 4));
    CHECK_FALSE(reset("", 0));
    CHECK_FALSE(was_reset({}, server_at("binlog.000001", 4, mariadb), {}));
  }
  SECTION("row 2: the end is earlier") {
    CHECK(reset("binlog.000001", 9000));
    CHECK(reset("binlog.000002", 499));
    CHECK_FALSE(reset("binlog.000002", 500, {.known = true}));
  }
  SECTION("row 3: no event begins there") {
    CHECK(reset("binlog.000002", 900, {.known = true, .wrong_place = true}));
    CHECK_FALSE(reset("binlog.000003", 4));
  }
  SECTION("rows 4 and 5: by the GTID that begins there") {
    CHECK(reset("binlog.000002", 900, {.known = true, .gtid = "0-100-7"}));
    CHECK(reset("binlog.000003", 900, {.known = true, .gtid = "0-100-2"}));
    CHECK_FALSE(reset("binlog.000002", 900, {.known = true, .gtid = "0-100-8"}));
    CHECK_FALSE(reset("binlog.000002", 900, {.known = true, .gtid = "1-100-1"}));
    const std::string uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    const Position mysql{.gtid = uuid + ":1-7", .binlog_file = "binlog.000002", .binlog_offset = 500};
    const ServerFacts now = server_at("binlog.000002", 900, "9.7.4");
    CHECK(was_reset(mysql, now, {.known = true, .gtid = uuid + ":7"}));
    CHECK_FALSE(was_reset(mysql, now, {.known = true, .gtid = uuid + ":8"}));
  }
}

TEST_CASE("what keeps a primary's writes out of its log") {
  ServerFacts server = server_at("binlog.000002", 500, "9.7.0");
  AgentState state;
  CHECK(written_outside_log(state, server) == "log_bin=OFF");
  server.log_bin = true;
  CHECK(written_outside_log(state, server).empty());
  server.filters = "replicate_ignore_db=logs";
  CHECK(written_outside_log(state, server).empty());
  server.filters = "binlog_ignore_db=logs; replicate_ignore_db=logs";
  CHECK(written_outside_log(state, server) == "binlog_ignore_db=logs");
  server.filters.clear();
  server.by_gtid = false;
  CHECK(written_outside_log(state, server).empty());
  state.log_end.gtid = "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5";
  CHECK_FALSE(written_outside_log(state, server).empty());
}
