#include "common/server/dialect.hpp"

#include "tests/support/error_of.hpp"
#include "tests/support/versions.hpp"

using namespace mysql_agent;
using test::code_of;
using test::mariadb_version;
using test::mysql_version;

namespace {

const Dialect mariadb(mariadb_version(10, 11, 19));
const Dialect mysql(mysql_version(9, 7, 4));
// A single quote, a double quote, a backslash, a newline, a percent sign, and a character of 4 bytes (a key).
const std::string nasty = "a'b\"c\\d\ne%f\xf0\x9f\x94\x91";
const std::string nasty_quoted = "'a\\'b\"c\\\\d\ne%f\xf0\x9f\x94\x91'";
const std::string nul("a\0b", 3);

using Texts = std::vector<std::string>;

// The words that some versions have in common. The statement that points a replica to its source is made of three
// parts: `to`, then `tls` or `no_tls`, then `by_gtid` or `by_file`.
struct Words {
  std::vector<ServerVersion> versions;
  Texts status_stop_start_forget;
  Texts columns;
  Texts set_position;
  std::string to;
  std::string tls, no_tls;
  std::string by_gtid, by_file;
  std::string identified;
  std::string log_updates = "log_slave_updates";
  std::string log_status = "SHOW MASTER STATUS";
};

const std::string own_channel = " FOR CHANNEL ''";
const Texts slave_statements{"SHOW SLAVE STATUS", "STOP SLAVE" + own_channel, "STOP SLAVE IO_THREAD" + own_channel,
                             "START SLAVE" + own_channel, "RESET SLAVE ALL" + own_channel};
const Texts replica_statements{"SHOW REPLICA STATUS", "STOP REPLICA" + own_channel,
                               "STOP REPLICA IO_THREAD" + own_channel, "START REPLICA" + own_channel,
                               "RESET REPLICA ALL" + own_channel};
const Texts mariadb_statements{"SHOW ALL REPLICAS STATUS", "STOP REPLICA", "STOP REPLICA IO_THREAD", "START REPLICA",
                               "RESET REPLICA ALL"};
const Texts slave_columns{"Master_Host",       "Master_Port",           "Master_User",           "Slave_IO_Running",
                          "Slave_SQL_Running", "Seconds_Behind_Master", "Relay_Master_Log_File", "Exec_Master_Log_Pos",
                          "Master_Log_File",   "Read_Master_Log_Pos",   "Retrieved_Gtid_Set",    "Master_SSL_Allowed",
                          "Master_Retry_Count"};
const Texts master_columns{"Master_Host",       "Master_Port",           "Master_User",           "Slave_IO_Running",
                           "Slave_SQL_Running", "Seconds_Behind_Master", "Relay_Master_Log_File", "Exec_Master_Log_Pos",
                           "Master_Log_File",   "Read_Master_Log_Pos",   "Gtid_IO_Pos",           "Master_SSL_Allowed",
                           "Master_Retry_Count"};
const Texts source_columns{"Source_Host",           "Source_Port",         "Source_User",
                           "Replica_IO_Running",    "Replica_SQL_Running", "Seconds_Behind_Source",
                           "Relay_Source_Log_File", "Exec_Source_Log_Pos", "Source_Log_File",
                           "Read_Source_Log_Pos",   "Retrieved_Gtid_Set",  "Source_SSL_Allowed",
                           "Source_Retry_Count"};
const Texts reset_master{"RESET MASTER", "SET GLOBAL gtid_purged = 'a:1-5'"};
const Texts reset_logs{"RESET BINARY LOGS AND GTIDS", "SET GLOBAL gtid_purged = 'a:1-5'"};
const std::string to_master =
    "CHANGE MASTER TO MASTER_HOST = 'mysql-0.mysql', MASTER_PORT = 3306, MASTER_USER = 'replication', MASTER_PASSWORD "
    "= 'pw', MASTER_CONNECT_RETRY = 5";
const std::string to_source =
    "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'mysql-0.mysql', SOURCE_PORT = 3306, SOURCE_USER = 'replication', "
    "SOURCE_PASSWORD = 'pw', SOURCE_CONNECT_RETRY = 5";
const std::string master_by_gtid = ", MASTER_AUTO_POSITION = 1" + own_channel;
const std::string source_by_gtid = ", SOURCE_AUTO_POSITION = 1" + own_channel;
const std::string master_by_file =
    ", MASTER_AUTO_POSITION = 0, MASTER_LOG_FILE = 'binlog.000012', MASTER_LOG_POS = 4711" + own_channel;
const std::string source_by_file =
    ", SOURCE_AUTO_POSITION = 0, SOURCE_LOG_FILE = 'binlog.000012', SOURCE_LOG_POS = 4711" + own_channel;
const std::string by_sha2 = "IDENTIFIED WITH caching_sha2_password BY 'pw'";

const std::vector<Words> words_by_version{
    {.versions = {mysql_version(5, 7, 0), mysql_version(5, 7, 44), mysql_version(8, 0, 3)},
     .status_stop_start_forget = slave_statements,
     .columns = slave_columns,
     .set_position = reset_master,
     .to = to_master,
     .tls = ", MASTER_RETRY_COUNT = 1, MASTER_SSL = 1",
     .no_tls = ", MASTER_RETRY_COUNT = 1, MASTER_SSL = 0",
     .by_gtid = master_by_gtid,
     .by_file = master_by_file,
     .identified = "IDENTIFIED WITH mysql_native_password BY 'pw'"},
    {.versions = {mysql_version(8, 0, 4), mysql_version(8, 0, 21)},
     .status_stop_start_forget = slave_statements,
     .columns = slave_columns,
     .set_position = reset_master,
     .to = to_master,
     .tls = ", MASTER_RETRY_COUNT = 1, MASTER_SSL = 1, GET_MASTER_PUBLIC_KEY = 1",
     .no_tls = ", MASTER_RETRY_COUNT = 1, MASTER_SSL = 0, GET_MASTER_PUBLIC_KEY = 1",
     .by_gtid = master_by_gtid,
     .by_file = master_by_file,
     .identified = by_sha2},
    {.versions = {mysql_version(8, 0, 22)},
     .status_stop_start_forget = replica_statements,
     .columns = source_columns,
     .set_position = reset_master,
     .to = to_master,
     .tls = ", MASTER_RETRY_COUNT = 1, MASTER_SSL = 1, GET_MASTER_PUBLIC_KEY = 1",
     .no_tls = ", MASTER_RETRY_COUNT = 1, MASTER_SSL = 0, GET_MASTER_PUBLIC_KEY = 1",
     .by_gtid = master_by_gtid,
     .by_file = master_by_file,
     .identified = by_sha2},
    {.versions = {mysql_version(8, 0, 23), mysql_version(8, 0, 25)},
     .status_stop_start_forget = replica_statements,
     .columns = source_columns,
     .set_position = reset_master,
     .to = to_source,
     .tls = ", SOURCE_RETRY_COUNT = 1, SOURCE_SSL = 1, GET_SOURCE_PUBLIC_KEY = 1",
     .no_tls = ", SOURCE_RETRY_COUNT = 1, SOURCE_SSL = 0, GET_SOURCE_PUBLIC_KEY = 1",
     .by_gtid = source_by_gtid,
     .by_file = source_by_file,
     .identified = by_sha2},
    {.versions = {mysql_version(8, 0, 26), mysql_version(8, 0, 36), mysql_version(8, 1, 0)},
     .status_stop_start_forget = replica_statements,
     .columns = source_columns,
     .set_position = reset_master,
     .to = to_source,
     .tls = ", SOURCE_RETRY_COUNT = 1, SOURCE_SSL = 1, GET_SOURCE_PUBLIC_KEY = 1",
     .no_tls = ", SOURCE_RETRY_COUNT = 1, SOURCE_SSL = 0, GET_SOURCE_PUBLIC_KEY = 1",
     .by_gtid = source_by_gtid,
     .by_file = source_by_file,
     .identified = by_sha2,
     .log_updates = "log_replica_updates"},
    // A newer server than is known gets the newest words.
    {.versions = {mysql_version(8, 2, 0), mysql_version(8, 4, 3), mysql_version(9, 7, 4), mysql_version(26, 7, 0),
                  mysql_version(28, 4, 0)},
     .status_stop_start_forget = replica_statements,
     .columns = source_columns,
     .set_position = reset_logs,
     .to = to_source,
     .tls = ", SOURCE_RETRY_COUNT = 1, SOURCE_SSL = 1, GET_SOURCE_PUBLIC_KEY = 1",
     .no_tls = ", SOURCE_RETRY_COUNT = 1, SOURCE_SSL = 0, GET_SOURCE_PUBLIC_KEY = 1",
     .by_gtid = source_by_gtid,
     .by_file = source_by_file,
     .identified = by_sha2,
     .log_updates = "log_replica_updates",
     .log_status = "SHOW BINARY LOG STATUS"},
    {.versions = {mariadb_version(10, 6, 0), mariadb_version(10, 11, 19), mariadb_version(11, 4, 5),
                  mariadb_version(11, 8, 6), mariadb_version(12, 0, 1), mariadb_version(13, 0, 0)},
     .status_stop_start_forget = mariadb_statements,
     .columns = master_columns,
     .set_position = {"SET GLOBAL gtid_slave_pos = 'a:1-5'"},
     .to = to_master,
     .tls = "",
     .no_tls = ", MASTER_SSL = 0",
     .by_gtid = ", MASTER_USE_GTID = slave_pos",
     .by_file = ", MASTER_LOG_FILE = 'binlog.000012', MASTER_LOG_POS = 4711",
     .identified = "IDENTIFIED VIA mysql_native_password USING '*D821809F681A40A6E379B50D0463EFAE20BDD122'"},
};

Texts texts_of(const ReplicaStatusColumns& c) {
  return {c.source_host,    c.source_port,   c.source_user,     c.io_running,    c.sql_running,
          c.lag_seconds,    c.executed_file, c.executed_offset, c.received_file, c.received_offset,
          c.received_gtids, c.tls,           c.retry_count};
}

std::string pointed(const Dialect& dialect, bool by_gtid, bool tls) {
  // By GTID the start does not count.
  const Position start{.gtid = "", .binlog_file = "binlog.000012", .binlog_offset = 4711};
  const SourceAddress source{.host = "mysql-0.mysql", .port = 3306, .user = "replication", .password = Secret("pw")};
  return dialect.point_to_source(source, std::chrono::seconds(5), {.by_gtid = by_gtid, .start = start, .tls = tls});
}

template <typename Check>
void for_each_version(Check check) {
  for (const Words& words : words_by_version)
    for (const ServerVersion& version : words.versions) {
      INFO(version.text());
      check(Dialect(version), words);
    }
}

SourceAddress with_password(const Secret& password) {
  return {.host = "h", .port = 1, .user = "u", .password = password};
}

std::string repeated(int times, const std::string& text) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("servers that are not supported are named, with those that are") {
  for (const ServerVersion& version :
       {mysql_version(5, 6, 51), mysql_version(5, 5, 62), mariadb_version(10, 5, 99), mariadb_version(5, 5, 68)}) {
    const Error error = test::error_of([&] { Dialect{version}; });
    CHECK(error.code() == ExitCode::failed);
    CHECK(error.what() == "the server is " + version.text() + ", which is older than this mysql-agent supports");
    CHECK(error.hint() == "use MySQL 5.7 or later, or MariaDB 10.6 or later");
  }
}

TEST_CASE("servers that are newer than this agent knows are named, and no others") {
  CHECK(Dialect(mysql_version(26, 7, 0)).warning() ==
        "the server is mysql 26.7.0, newer than this mysql-agent knows: it gets the newest words that are known");
  CHECK_THAT(Dialect(mysql_version(28, 4, 0)).warning().value(), Catch::Contains("mysql 28.4.0"));
  CHECK_THAT(Dialect(mariadb_version(13, 0, 1)).warning().value(), Catch::Contains("mariadb 13.0.1"));
  for (const ServerVersion& known :
       {mysql_version(5, 7, 44), mysql_version(8, 0, 36), mysql_version(8, 4, 3), mysql_version(9, 7, 4),
        mariadb_version(10, 6, 0), mariadb_version(11, 8, 6), mariadb_version(12, 3, 2)})
    CHECK(Dialect(known).warning() == std::nullopt);
}

TEST_CASE("each version's words for a replica's threads and status") {
  for_each_version([](const Dialect& dialect, const Words& words) {
    CHECK(Texts{dialect.replica_status(), dialect.stop_replica(), dialect.stop_receiver(), dialect.start_replica(),
                dialect.forget_source()} == words.status_stop_start_forget);
    CHECK(texts_of(dialect.replica_status_columns()) == words.columns);
  });
}

TEST_CASE("each version's words for a position") {
  for_each_version(
      [](const Dialect& dialect, const Words& words) { CHECK(dialect.set_position("a:1-5") == words.set_position); });
}

TEST_CASE("each version's words for a source, by GTID or by file and offset, with TLS or without") {
  for_each_version([](const Dialect& dialect, const Words& words) {
    CHECK(pointed(dialect, true, true) == words.to + words.tls + words.by_gtid);
    CHECK(pointed(dialect, true, false) == words.to + words.no_tls + words.by_gtid);
    CHECK(pointed(dialect, false, true) == words.to + words.tls + words.by_file);
    CHECK(pointed(dialect, false, false) == words.to + words.no_tls + words.by_file);
  });
}

TEST_CASE("each version's words for an account") {
  for_each_version([](const Dialect& dialect, const Words& words) {
    CHECK(dialect.create_account("replication", Secret("pw")) ==
          "CREATE USER IF NOT EXISTS 'replication'@'%' " + words.identified);
    CHECK(dialect.set_account_password("replication", Secret("pw")) ==
          "ALTER USER 'replication'@'%' " + words.identified);
    CHECK(dialect.grant_replication("replication") == "GRANT REPLICATION SLAVE ON *.* TO 'replication'@'%'");
    CHECK(dialect.grant_clone("clone") == "GRANT BACKUP_ADMIN ON *.* TO 'clone'@'%'");
  });
}

TEST_CASE("each version's facts are one row with fixed names") {
  const std::string common =
      "SELECT @@GLOBAL.server_id AS server_id, @@GLOBAL.port AS port, @@GLOBAL.read_only AS read_only, "
      "@@GLOBAL.log_bin AS log_bin,"
      " @@GLOBAL.lower_case_table_names AS lower_case_table_names, @@GLOBAL.innodb_page_size AS page_size, "
      "UNIX_TIMESTAMP() AS now, @@GLOBAL.init_file AS init_file, @@GLOBAL.event_scheduler = 'ON' AS runs_events, "
      "@@GLOBAL.sync_binlog AS sync_binlog, @@GLOBAL.innodb_flush_log_at_trx_commit AS flush_log, "
      "COALESCE(LOCATE(@@GLOBAL.datadir, @@GLOBAL.log_bin_basename) = 1, 0) AS log_in_data,";
  for_each_version([&](const Dialect& dialect, const Words& words) {
    if (words.versions.front().flavour == Flavour::mysql)
      CHECK(dialect.server_facts() == common + " @@GLOBAL." + words.log_updates +
                                          " AS logs_replicated, @@GLOBAL.super_read_only AS super_read_only,"
                                          " @@GLOBAL.server_uuid AS uuid, @@GLOBAL.gtid_mode = 'ON' AS by_gtid,"
                                          " REPLACE(@@GLOBAL.gtid_executed, '\n', '') AS executed, "
                                          "REPLACE(@@GLOBAL.gtid_purged, '\n', '') AS log_start");
    else
      CHECK(dialect.server_facts() == common +
                                          " (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_VARIABLES WHERE "
                                          "VARIABLE_NAME = 'SERVER_UID') AS uuid,"
                                          " (SELECT GROUP_CONCAT(PLUGIN_LIBRARY SEPARATOR ';') FROM "
                                          "information_schema.PLUGINS WHERE PLUGIN_STATUS = 'ACTIVE' AND (PLUGIN_TYPE "
                                          "= 'ENCRYPTION' OR LEFT(PLUGIN_NAME, 9) = 'provider_')) AS page_plugins,"
                                          " 1 AS by_gtid,"
                                          " @@GLOBAL.log_slave_updates AS logs_replicated,"
                                          " @@GLOBAL.gtid_strict_mode AS gtid_strict,"
                                          " @@GLOBAL.gtid_slave_pos AS applied, @@GLOBAL.gtid_binlog_pos AS logged, "
                                          "@@GLOBAL.gtid_current_pos AS told");
  });
}

TEST_CASE("each version's words for what a server leaves out") {
  for_each_version([&](const Dialect& dialect, const Words& words) {
    CHECK(dialect.log_status() == words.log_status);
    const bool mariadb_words = words.versions.front().flavour == Flavour::mariadb;
    const std::string filters = dialect.replication_filters();
    CHECK((filters.find("'REPLICATE_WILD_IGNORE_TABLE'") != std::string::npos) == mariadb_words);
    const bool has_tables =
        !mariadb_words && words.identified == by_sha2 && words.status_stop_start_forget != slave_statements;
    if (has_tables) CHECK_THAT(filters, Catch::Contains("replication_applier_global_filters"));
  });
  CHECK(Dialect(mysql_version(8, 0, 4)).replication_filters() == "");
  CHECK(Dialect(mysql_version(5, 7, 44)).replication_filters() == "");
}

TEST_CASE("a delay goes with the source, and all sources are started at once") {
  for_each_version([](const Dialect& dialect, const Words& words) {
    const SourceAddress source{.host = "mysql-0.mysql", .port = 3306, .user = "replication", .password = Secret("pw")};
    const auto pointed = dialect.point_to_source(source, std::chrono::seconds(5), {.delay_seconds = 3600});
    CHECK_THAT(pointed, Catch::Contains("_DELAY = 3600, "));
    const bool mariadb = words.versions.front().flavour == Flavour::mariadb;
    if (mariadb) CHECK(dialect.start_all_replicas() == "START ALL REPLICAS");
    else CHECK(dialect.start_replica() == dialect.start_all_replicas() + " FOR CHANNEL ''");
  });
}

TEST_CASE("the session's statements") {
  CHECK(session_setup() ==
        "SET SESSION sql_mode = '', autocommit = 1, wait_timeout = 28800/*M! , max_statement_time = 0 */"
        "/*!80000 , max_execution_time = 0 */, NAMES utf8mb4");
  CHECK(session_log(false) == "SET SESSION sql_log_off = ON/*M! , slow_query_log = OFF */");
  CHECK(session_log(true) == "SET SESSION sql_log_off = OFF/*M! , slow_query_log = DEFAULT */");
}

TEST_CASE("values are quoted in every statement that has some") {
  CHECK(mariadb.set_position("'; DROP") == Texts{"SET GLOBAL gtid_slave_pos = '\\'; DROP'"});
  CHECK(mysql.set_position("'; DROP").back() == "SET GLOBAL gtid_purged = '\\'; DROP'");
  for (const Dialect& dialect : {mariadb, mysql}) {
    const SourceAddress source{
        .host = nasty, .port = 1, .user = nasty, .password = Secret("a'b\"c\\d%\xc3\xa4\xe2\x82\xac")};
    const Position start{.gtid = "", .binlog_file = nasty, .binlog_offset = 4};
    const std::string sql =
        dialect.point_to_source(source, std::chrono::seconds(5), {.by_gtid = false, .start = start, .tls = true});
    CHECK_THAT(sql,
               Catch::Contains("_HOST = " + nasty_quoted + ", ") && Catch::Contains("_USER = " + nasty_quoted + ", "));
    CHECK_THAT(sql, Catch::Contains("_PASSWORD = 'a\\'b\"c\\\\d%\xc3\xa4\xe2\x82\xac', ") &&
                        Catch::Contains("_LOG_FILE = " + nasty_quoted + ", "));
    CHECK_THAT(dialect.create_account(nasty, Secret("pw")),
               Catch::StartsWith("CREATE USER IF NOT EXISTS " + nasty_quoted + "@'%' "));
    CHECK_THAT(dialect.set_account_password(nasty, Secret("pw")),
               Catch::StartsWith("ALTER USER " + nasty_quoted + "@'%' "));
    CHECK(dialect.grant_replication(nasty) == "GRANT REPLICATION SLAVE ON *.* TO " + nasty_quoted + "@'%'");
    CHECK(dialect.grant_clone(nasty) == "GRANT BACKUP_ADMIN ON *.* TO " + nasty_quoted + "@'%'");
    CHECK_THAT(dialect.clone_privilege(nasty), Catch::EndsWith(" AND USER = " + nasty_quoted));
  }
  CHECK(mysql.create_account("u", Secret(nasty)) ==
        "CREATE USER IF NOT EXISTS 'u'@'%' IDENTIFIED WITH caching_sha2_password BY " + nasty_quoted);
  CHECK(mysql.set_account_password("u", Secret(nasty)) ==
        "ALTER USER 'u'@'%' IDENTIFIED WITH caching_sha2_password BY " + nasty_quoted);
  CHECK(set_root_password(Secret(nasty)) == "ALTER USER 'root'@'localhost' IDENTIFIED BY " + nasty_quoted);
}

TEST_CASE("a replication password that a replica cannot keep is a usage error that does not tell it") {
  for (const std::string& password : {std::string("canary\n"), std::string("canary\x01"), std::string("canary\x7f"),
                                      std::string("canary\0x", 8), std::string("canary\xf0\x9f\x94\x91")})
    for (const Dialect& dialect : {mariadb, mysql}) {
      const Secret secret(password);
      for (const Error& error :
           {test::error_of([&] { dialect.point_to_source(with_password(secret), std::chrono::seconds(5), {}); }),
            test::error_of([&] { dialect.check_replication_password(secret); })}) {
        CHECK(error.code() == ExitCode::usage);
        CHECK_THAT(error.what() + error.hint(), !Catch::Contains("canary"));
      }
    }
}

TEST_CASE("a replica of MySQL keeps a password of 32 characters, of up to 3 bytes each") {
  for (const ServerVersion& version : {mysql_version(5, 7, 44), mysql_version(8, 0, 22), mysql_version(9, 7, 4)}) {
    const Dialect dialect(version);
    for (const char* character : {"x", "\xc3\xa4", "\xe2\x82\xac"}) {
      CHECK_NOTHROW(dialect.check_replication_password(Secret(repeated(32, character))));
      CHECK_THAT(dialect.point_to_source(with_password(Secret(repeated(32, character))), std::chrono::seconds(5), {}),
                 Catch::Contains(repeated(32, character)));
      const Secret longer("canary" + repeated(27, character));
      for (const Error& error :
           {test::error_of([&] { dialect.check_replication_password(longer); }),
            test::error_of([&] { dialect.point_to_source(with_password(longer), std::chrono::seconds(5), {}); })}) {
        CHECK(error.code() == ExitCode::usage);
        CHECK_THAT(error.what(), Catch::Contains(" 33 characters") && Catch::Contains(" at most 32 "));
        CHECK_THAT(error.what() + error.hint(), !Catch::Contains("canary"));
      }
    }
  }
  CHECK_NOTHROW(mysql.check_replication_password(Secret("")));
  CHECK_NOTHROW(mariadb.check_replication_password(Secret(repeated(33, "x"))));
}

TEST_CASE("the replication account of MariaDB is made with a hash, never with the password") {
  const std::string hash = "'*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19'";
  CHECK(mariadb.create_account("replication", Secret("password")) ==
        "CREATE USER IF NOT EXISTS 'replication'@'%' IDENTIFIED VIA mysql_native_password USING " + hash);
  CHECK(mariadb.set_account_password("replication", Secret("password")) ==
        "ALTER USER 'replication'@'%' IDENTIFIED VIA mysql_native_password USING " + hash);
}

TEST_CASE("an account is asked for with what the agent compares") {
  for (const Dialect& dialect : {mariadb, mysql})
    CHECK(dialect.account(nasty) ==
          "SELECT plugin, authentication_string, Repl_slave_priv AS replication FROM mysql.user WHERE Host = '%' AND "
          "User = " +
              nasty_quoted);
}

TEST_CASE("the accounts of a first data directory of MariaDB are made right before its grants are loaded") {
  const std::string no_anonymous = "DELETE FROM mysql.global_priv WHERE User = ''";
  CHECK(mariadb_bootstrap_accounts(Secret("")) == Texts{no_anonymous, "FLUSH PRIVILEGES"});
  CHECK(mariadb_bootstrap_accounts(Secret("password")) ==
        Texts{no_anonymous,
              "UPDATE mysql.global_priv SET Priv = JSON_SET(Priv, '$.plugin', 'mysql_native_password', "
              "'$.authentication_string', "
              "'*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19') WHERE User = 'root'",
              "FLUSH PRIVILEGES"});
}

TEST_CASE("MySQL has the clone plugin from 8.0.17 on, and MariaDB never") {
  for (const ServerVersion& version :
       {mysql_version(8, 0, 17), mysql_version(8, 0, 36), mysql_version(8, 4, 3), mysql_version(26, 7, 0)})
    CHECK(has_clone_plugin(version));
  for (const ServerVersion& version :
       {mysql_version(5, 7, 44), mysql_version(8, 0, 16), mariadb_version(10, 11, 19), mariadb_version(12, 0, 1)})
    CHECK_FALSE(has_clone_plugin(version));
}

TEST_CASE("the statements about the clone plugin and its account") {
  CHECK(mysql.clone_plugin_status() ==
        "SELECT PLUGIN_STATUS AS status FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone'");
  CHECK(mysql.install_clone_plugin() == "INSTALL PLUGIN clone SONAME 'mysql_clone.so'");
  CHECK(mysql.clone_privilege("clone") ==
        "SELECT 1 AS granted FROM mysql.global_grants WHERE PRIV = 'BACKUP_ADMIN' AND HOST = '%' AND USER = 'clone'");
}

TEST_CASE("the statements that take a clone hold their values as they are, quoted") {
  CHECK(take_bytes_as_they_are() == "SET NAMES binary");
  CHECK(allow_clone_donor("10.0.0.7", 3306) == "SET GLOBAL clone_valid_donor_list = '10.0.0.7:3306'");
  CHECK(allow_clone_donor("mysql-0.mysql", 65535) == "SET GLOBAL clone_valid_donor_list = 'mysql-0.mysql:65535'");
  CHECK(allow_clone_donor("h'", 1) == "SET GLOBAL clone_valid_donor_list = 'h\\':1'");
  const SourceAddress clone_donor{.host = "10.0.0.7", .port = 3306, .user = "clone", .password = Secret("pw")};
  CHECK(clone_instance(clone_donor, false) == "CLONE INSTANCE FROM 'clone'@'10.0.0.7':3306 IDENTIFIED BY 'pw'");
  CHECK(clone_instance(clone_donor, true) ==
        "CLONE INSTANCE FROM 'clone'@'10.0.0.7':3306 IDENTIFIED BY 'pw' REQUIRE SSL");
  const SourceAddress nasty_donor{.host = nasty, .port = 1, .user = nasty, .password = Secret(nasty)};
  CHECK(clone_instance(nasty_donor, true) == "CLONE INSTANCE FROM " + nasty_quoted + "@" + nasty_quoted +
                                                 ":1 IDENTIFIED BY " + nasty_quoted + " REQUIRE SSL");
  CHECK(clone_instance(with_password(Secret(nul + "' REQUIRE")), false) ==
        "CLONE INSTANCE FROM 'u'@'h':1 IDENTIFIED BY 'a\\0b\\' REQUIRE'");
  // A replica could not keep a password of this length, but no replica keeps the password of a clone.
  CHECK_THAT(clone_instance(with_password(Secret(repeated(100, "x"))), false),
             Catch::EndsWith("'" + repeated(100, "x") + "'"));
}

TEST_CASE("the statements that watch a clone") {
  CHECK(clone_status() ==
        "SELECT STATE AS state, ERROR_NO AS error_number, ERROR_MESSAGE AS error, BINLOG_FILE AS binlog_file, "
        "BINLOG_POSITION AS binlog_offset,"
        " REPLACE(GTID_EXECUTED, '\n', '') AS gtids, REPLACE(@@GLOBAL.gtid_executed, '\n', '') AS executed FROM "
        "performance_schema.clone_status");
  CHECK(clone_progress() ==
        "SELECT IFNULL(SUM(DATA), 0) AS bytes, MAX(IF(STATE = 'In Progress', STAGE, '')) AS stage FROM "
        "performance_schema.clone_progress");
}

TEST_CASE("a string literal escapes quotes, backslashes and NUL, and nothing else") {
  CHECK(sql_quoted("") == "''");
  CHECK(sql_quoted("plain") == "'plain'");
  CHECK(sql_quoted(nasty) == nasty_quoted);
  CHECK(sql_quoted(nul) == "'a\\0b'");
  CHECK(sql_quoted("\\'") == "'\\\\\\''");
}

TEST_CASE("the native password hash is MariaDB's own") {
  CHECK(native_password_hash(Secret("password")) == "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
  CHECK(native_password_hash(Secret("root")) == "*81F5E21E35407D884A6CD4A731AEBFB6AF209E1B");
  CHECK(native_password_hash(Secret("")).empty());
}

TEST_CASE("where a MariaDB log starts is asked of its first file") {
  const Dialect mariadb(mariadb_version(10, 11, 19));
  CHECK(mariadb.binary_logs() == "SHOW BINARY LOGS");
  CHECK(mariadb.log_start("binlog.000007") == "SELECT BINLOG_GTID_POS('binlog.000007', 4) AS log_start");
}
