#include "common/server/position.hpp"

#include "tests/support/error_of.hpp"

using namespace mysql_agent;
using test::code_of;

TEST_CASE("the binary log position of mariadb-backup is read") {
  CHECK(parse_binlog_info("mysqld-bin.000001\t1088\t0-100-5\n") == Position{"0-100-5", "mysqld-bin.000001", 1088});
  CHECK(parse_binlog_info("binlog.000001\t328\t\n") == Position{"", "binlog.000001", 328});
  CHECK(parse_binlog_info("binlog.000001\t328") == Position{"", "binlog.000001", 328});
  CHECK(parse_binlog_info("binlog.000001\t328\r\n") == Position{"", "binlog.000001", 328});
  CHECK(parse_binlog_info("b.000001\t18446744073709551615\n")->binlog_offset == 18446744073709551615U);
}

TEST_CASE("a GTID set that MySQL broke into lines is joined") {
  CHECK(parse_binlog_info("binlog.000002\t157\t3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5,\n4E11FA47:1-3\n")->gtid ==
        "3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5,4E11FA47:1-3");
}

TEST_CASE("the binary log position of each XtraBackup is read") {
  const std::string uuid = "0a11fa47-71ca-11e1-9e33-c80aa9429562";
  CHECK(parse_binlog_info("mysql-bin.000003\t154\n") == Position{"", "mysql-bin.000003", 154});
  // XtraBackup 2.4 keeps the line breaks of SHOW MASTER STATUS. 8.0 and later remove them.
  CHECK(parse_binlog_info("mysql-bin.000003\t1052\t" + uuid + ":1-5,\n" + uuid + ":9\n") ==
        Position{uuid + ":1-5," + uuid + ":9", "mysql-bin.000003", 1052});
  CHECK(parse_binlog_info("binlog.000041\t197\t" + uuid + ":1-204:tag:1-3\n") ==
        Position{uuid + ":1-204:tag:1-3", "binlog.000041", 197});
  // XtraBackup 8.0 and later write this for a server that has executed GTIDs and has no binary log.
  CHECK(parse_binlog_info("\t0\t" + uuid + ":1-204\n") == Position{uuid + ":1-204", "", 0});
}

TEST_CASE("a server without a binary log has no position in it, and that is no error") {
  for (const char* text : {"", "\n", " \t\r\n", "\t0\t\n", "\t0\n"}) {
    INFO(text);
    CHECK_FALSE(parse_binlog_info(text).has_value());
  }
}

TEST_CASE("what is no binary log position is refused with its text") {
  for (const char* text :
       {"binlog.000001", "binlog.000001 328", "\t328", "binlog.000001\t", "binlog.000001\t\t0-1-1", "binlog.000001\tx",
        "binlog.000001\t-1", "binlog.000001\t12x", "binlog.000001\t18446744073709551616"}) {
    INFO(text);
    const Error error = test::error_of([&] { parse_binlog_info(text); });
    CHECK(error.code() == ExitCode::failed);
    CHECK_THAT(error.what(), Catch::Contains(text));
  }
}

TEST_CASE("a position that no state file can hold is refused") {
  CHECK(code_of([] { parse_binlog_info("binlog\xff.000001\t328\t0-100-5\n"); }) == ExitCode::failed);
  CHECK(code_of([] { parse_binlog_info("binlog.000001\t328\t0-100-\xff\n"); }) == ExitCode::failed);
  CHECK(code_of([] { parse_replica_info("SET GLOBAL gtid_slave_pos = '0-100-\xff'"); }) == ExitCode::failed);
}

TEST_CASE("a replica's position is read from the SQL of each tool") {
  CHECK(parse_replica_info("SET GLOBAL gtid_slave_pos = '0-100-6';\nCHANGE MASTER TO master_use_gtid = slave_pos;\n") ==
        Position{"0-100-6", "", 0});
  CHECK(parse_replica_info("CHANGE MASTER TO MASTER_LOG_FILE='mysqld-bin.000001', MASTER_LOG_POS=1410;\n") ==
        Position{"", "mysqld-bin.000001", 1410});
  CHECK(parse_replica_info("CHANGE MASTER TO MASTER_LOG_FILE='mysqld-bin.000001', MASTER_LOG_POS=1410") ==
        Position{"", "mysqld-bin.000001", 1410});
  CHECK(parse_replica_info("SET GLOBAL gtid_purged='a:1-5, b:1-3';\nCHANGE MASTER TO MASTER_AUTO_POSITION=1") ==
        Position{"a:1-5,b:1-3", "", 0});
  CHECK(parse_replica_info(
            "CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE = 'b.000007' , SOURCE_LOG_POS = 4 FOR CHANNEL '';") ==
        Position{"", "b.000007", 4});
  CHECK(parse_replica_info(
            "set global GTID_SLAVE_POS='0-1-2'; change master to master_log_file='x.1', master_log_pos=3;") ==
        Position{"0-1-2", "x.1", 3});
}

TEST_CASE("the replica's position of each XtraBackup is read") {
  const std::string gtids = "0a11fa47-71ca-11e1-9e33-c80aa9429562:1-5,b0000000-0000-0000-0000-00000000000b:1-3";
  // XtraBackup 2.4 writes blanks for line breaks, and no semicolon at the end.
  CHECK(parse_replica_info("SET GLOBAL gtid_purged='0a11fa47-71ca-11e1-9e33-c80aa9429562:1-5, "
                           "b0000000-0000-0000-0000-00000000000b:1-3';\n"
                           "CHANGE MASTER TO MASTER_AUTO_POSITION=1\n") == Position{gtids, "", 0});
  CHECK(parse_replica_info("CHANGE MASTER TO MASTER_LOG_FILE='mysql-bin.000012', MASTER_LOG_POS=4731\n") ==
        Position{"", "mysql-bin.000012", 4731});
  // XtraBackup 8.0.
  CHECK(parse_replica_info("SET GLOBAL gtid_purged='" + gtids + "';\nCHANGE MASTER TO MASTER_AUTO_POSITION=1;\n") ==
        Position{gtids, "", 0});
  CHECK(
      parse_replica_info("CHANGE MASTER TO MASTER_LOG_FILE='binlog.000012', MASTER_LOG_POS=4731 FOR CHANNEL 'a';\n") ==
      Position{"", "binlog.000012", 4731});
  // XtraBackup 8.4 and later, also for several channels.
  CHECK(parse_replica_info("SET GLOBAL gtid_purged='" + gtids +
                           "';\nCHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION=1;\n") == Position{gtids, "", 0});
  CHECK(parse_replica_info("SET GLOBAL gtid_purged='" + gtids +
                           "';\nCHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION=1 FOR CHANNEL 'a';\n"
                           "CHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION=1 FOR CHANNEL 'b';\n") ==
        Position{gtids, "", 0});
  CHECK(parse_replica_info("CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='binlog.000012', SOURCE_LOG_POS=4731;\n") ==
        Position{"", "binlog.000012", 4731});
}

TEST_CASE("a GTID set of any length that a file may have is read") {
  std::string gtids;
  for (int i = 0; i < 20000; ++i) gtids += "0a11fa47-71ca-11e1-9e33-c80aa9429562:" + std::to_string(2 * i + 1) + ",";
  gtids += "0a11fa47-71ca-11e1-9e33-c80aa9429562:999999";
  CHECK(
      parse_replica_info("SET GLOBAL gtid_purged='" + gtids + "';\nCHANGE MASTER TO MASTER_AUTO_POSITION=1;\n")->gtid ==
      gtids);
  CHECK(parse_binlog_info("binlog.000012\t4731\t" + gtids + "\n")->gtid == gtids);
}

TEST_CASE("an empty replica's position is none, and is no error") {
  CHECK_FALSE(parse_replica_info("").has_value());
  CHECK_FALSE(parse_replica_info(" \r\n\t").has_value());
}

TEST_CASE("a replica whose source has written nothing has a position, and it is empty") {
  CHECK(parse_replica_info("SET GLOBAL gtid_slave_pos = '';\nCHANGE MASTER TO master_use_gtid = slave_pos;\n") ==
        Position{});
}

TEST_CASE("what holds no replica's position is refused") {
  for (const char* text :
       {"CHANGE MASTER TO MASTER_AUTO_POSITION=1;", "hello", "CHANGE MASTER TO MASTER_LOG_FILE='x.1';",
        "CHANGE MASTER TO MASTER_LOG_FILE='x.1', MASTER_LOG_POS=99999999999999999999;",
        "SET GLOBAL gtid_slave_pos = '0-1-", "gtid_slave_pos :'0-1-2'", "gtid_slave_pos = 0-1-2'",
        "CHANGE MASTER TO MASTER_LOG_FILE='x.1', MASTER_LOG_POS=;"}) {
    INFO(text);
    CHECK(code_of([&] { parse_replica_info(text); }) == ExitCode::failed);
  }
}

TEST_CASE("a position for people is its GTIDs, else file and offset") {
  CHECK(Position{"0-1-2", "b.1", 4}.text() == "0-1-2");
  CHECK(Position{"", "b.1", 4}.text() == "b.1:4");
  CHECK(Position{}.text() == "none");
  CHECK(Position{}.empty());
  CHECK_FALSE(Position{"", "b.1", 4}.empty());
}
