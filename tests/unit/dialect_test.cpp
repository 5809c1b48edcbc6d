#include "common/dialect.hpp"

#include "tests/unit/error_of.hpp"

using namespace mysql_agent;
using test::code_of;

namespace {

const Dialect mariadb({Flavour::mariadb, 10, 11, 19});
// Single and double quote, backslash, newline, percent, a key of 4 bytes.
const std::string nasty = "a'b\"c\\d\ne%f\xf0\x9f\x94\x91";
const std::string nasty_quoted = "'a\\'b\"c\\\\d\ne%f\xf0\x9f\x94\x91'";

}  // namespace

TEST_CASE("servers that are not supported are named") {
  const Error mysql = test::error_of([] { Dialect({Flavour::mysql, 5, 6, 51}); });
  CHECK(mysql.code() == ExitCode::failed);
  CHECK_THAT(mysql.what(), Catch::Contains("mysql 5.6.51"));
  CHECK(code_of([] { Dialect({Flavour::mariadb, 10, 5, 99}); }) == ExitCode::failed);
  CHECK_NOTHROW(Dialect({Flavour::mariadb, 10, 6, 0}));
  CHECK_NOTHROW(Dialect({Flavour::mariadb, 12, 0, 1}));
}

TEST_CASE("the statements without values") {
  CHECK(mariadb.replica_status() == "SHOW REPLICA STATUS");
  CHECK(mariadb.stop_replica() == "STOP REPLICA");
  CHECK(mariadb.start_replica() == "START REPLICA");
  CHECK(mariadb.forget_source() == "RESET REPLICA ALL");
  CHECK(session_setup() == "SET SESSION sql_mode = '', NAMES utf8mb4");
  CHECK(session_log(false) == "SET SESSION sql_log_off = ON");
  CHECK(session_log(true) == "SET SESSION sql_log_off = OFF");
}

TEST_CASE("MariaDB keeps the old column names") {
  const ReplicaStatusColumns columns = mariadb.replica_status_columns();
  CHECK(std::string(columns.source_host) == "Master_Host");
  CHECK(std::string(columns.source_port) == "Master_Port");
  CHECK(std::string(columns.source_user) == "Master_User");
  CHECK(std::string(columns.io_running) == "Slave_IO_Running");
  CHECK(std::string(columns.sql_running) == "Slave_SQL_Running");
  CHECK(std::string(columns.lag_seconds) == "Seconds_Behind_Master");
}

TEST_CASE("the position is set as a quoted value") {
  CHECK(mariadb.set_position("0-100-5,1-100-7") == std::vector<std::string>{"SET GLOBAL gtid_slave_pos = '0-100-5,1-100-7'"});
  CHECK(mariadb.set_position("'; DROP") == std::vector<std::string>{"SET GLOBAL gtid_slave_pos = '\\'; DROP'"});
}

TEST_CASE("a replica points to its source by GTID") {
  CHECK(mariadb.point_to_source({"mysql-0.mysql", 3306, "replication", Secret("pw")}, std::chrono::seconds(5), {}) ==
        "CHANGE MASTER TO MASTER_HOST = 'mysql-0.mysql', MASTER_PORT = 3306, MASTER_USER = 'replication', MASTER_PASSWORD = 'pw', "
        "MASTER_CONNECT_RETRY = 5, MASTER_USE_GTID = slave_pos");
  CHECK_THAT(mariadb.point_to_source({"h", 1, nasty, Secret("a'b\"c\\d%\xc3\xa4\xe2\x82\xac")}, std::chrono::seconds(5), {}),
             Catch::Contains("MASTER_USER = " + nasty_quoted + ", MASTER_PASSWORD = 'a\\'b\"c\\\\d%\xc3\xa4\xe2\x82\xac',"));
}

TEST_CASE("a replication password that MariaDB cannot keep is a usage error that does not tell it") {
  for (const std::string& password : {std::string("canary\n"), std::string("canary\x01"), std::string("canary\x7f"), std::string("canary\0x", 8),
                                      std::string("canary\xf0\x9f\x94\x91")}) {
    const Secret secret(password);
    for (const Error& error : {test::error_of([&] { mariadb.point_to_source({"h", 1, "u", secret}, std::chrono::seconds(5), {}); }),
                               test::error_of([&] { mariadb.check_replication_password(secret); })}) {
      CHECK(error.code() == ExitCode::usage);
      CHECK_THAT(error.what() + error.hint(), !Catch::Contains("canary"));
    }
  }
}

TEST_CASE("the facts are one row with fixed names") {
  const std::string sql = mariadb.server_facts();
  for (const char* name : {" AS version", " AS uuid", " AS server_id", " AS read_only", " AS log_bin", " AS applied", " AS logged", " AS executed"})
    CHECK_THAT(sql, Catch::Contains(name));
  CHECK_THAT(sql, Catch::Contains("@@GLOBAL.gtid_slave_pos AS applied, @@GLOBAL.gtid_binlog_pos AS logged"));
}

TEST_CASE("the replication account is made with a hash, never with the password") {
  const std::string hash = "'*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19'";
  CHECK(mariadb.create_account("replication", Secret("password")) ==
        "CREATE USER IF NOT EXISTS 'replication'@'%' IDENTIFIED VIA mysql_native_password USING " + hash);
  CHECK(mariadb.set_account_password("replication", Secret("password")) ==
        "ALTER USER 'replication'@'%' IDENTIFIED VIA mysql_native_password USING " + hash);
  CHECK(mariadb.grant_replication("replication") == "GRANT REPLICATION SLAVE ON *.* TO 'replication'@'%'");
  CHECK(mariadb.grant_replication(nasty) == "GRANT REPLICATION SLAVE ON *.* TO " + nasty_quoted + "@'%'");
}

TEST_CASE("a string literal escapes quotes, backslashes and NUL, and nothing else") {
  CHECK(sql_quoted("") == "''");
  CHECK(sql_quoted("plain") == "'plain'");
  CHECK(sql_quoted(nasty) == nasty_quoted);
  CHECK(sql_quoted(std::string_view("a\0b", 3)) == "'a\\0b'");
  CHECK(sql_quoted("\\'") == "'\\\\\\''");
}

TEST_CASE("the native password hash is MariaDB's own") {
  CHECK(native_password_hash(Secret("password")) == "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
  CHECK(native_password_hash(Secret("root")) == "*81F5E21E35407D884A6CD4A731AEBFB6AF209E1B");
  CHECK(native_password_hash(Secret("")).empty());
}
