#include <catch2/catch.hpp>

#include "tests/support/said.hpp"
#include "tests/support/same_rows.hpp"
#include "tests/support/watch.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
using namespace std::chrono_literals;

namespace {

void configure(const TestSet& set, const std::string& file, const std::string& options) {
  write_text(set.config_map() / file, "[mysqld]\n" + options + "\n");
}

std::string replica_status(const TestSet& set, int ordinal, const std::string& column) {
  const auto rows = MysqlClient(set.login(ordinal), 30s).query("SHOW REPLICA STATUS");
  return rows.empty() ? "" : rows.front().at(column).value_or("NULL");
}

bool is_closed(const TestSet& set, int ordinal) {
  return set.value(ordinal, set.kind().is_mysql() ? "SELECT @@GLOBAL.read_only AND @@GLOBAL.super_read_only"
                                                  : "SELECT @@GLOBAL.read_only") == "1";
}

}  // namespace

TEST_CASE("variables that the primary has persisted do not make a clone another server or writable", "[plugin]") {
  TestSet set;
  set.start_pod(0);
  set.make_rows(10);
  set.sql(0, "SET PERSIST server_id = 100");
  set.sql(0, "SET PERSIST read_only = OFF");
  set.sql(0, "SET PERSIST super_read_only = OFF");
  set.sql(0, "SET PERSIST event_scheduler = ON");
  set.wait_clonable(0);
  REQUIRE(set.init(1).exit_code == 0);
  const Ran cloned = set.clone(1);
  INFO(cloned.output);
  REQUIRE(cloned.exit_code == 0);
  set.start_server(1);
  set.wait_server(1);
  set.start_sidecar(1);
  CHECK(eventually(20s, [&] { return set.value(1, "SELECT @@GLOBAL.server_id") == "101"; }));
  CHECK(eventually(10s, [&] { return is_closed(set, 1); }));
  CHECK(set.value(1, "SELECT @@GLOBAL.event_scheduler") == "OFF");
  set.wait_ready(1);
  set.make_rows(10);
  set.expect_same_rows(1);
  INFO("and after a restart of its server");
  set.restart_server(1);
  CHECK(set.value(1, "SELECT @@GLOBAL.server_id") == "101");
  CHECK(eventually(10s, [&] { return is_closed(set, 1); }));
  set.wait_ready(1);
}

TEST_CASE("a password that has expired is said", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);
  INFO("the one of the replicas' account");
  set.sql(0, "ALTER USER replication PASSWORD EXPIRE");
  set.make_rows(1);
  set.expect_same_rows(1);
  set.restart_server(1);
  // The primary's sidecar may give it another term, or the replica says what is wrong; so do the servers' own texts.
  const auto says_so = [](const std::string& text) {
    return text.find("expired") != std::string::npos || text.find("1820") != std::string::npos;
  };
  HttpAnswer answer;
  const bool good = eventually(20s, [&] {
    answer = set.probe(1, "/readyz");
    return answer.body == "ok\n" || (answer.status == 503 && says_so(answer.body));
  });
  INFO("pod 1 said " << answer.body);
  CHECK(good);
  INFO("the one of the sidecar's own account, which counts at its next login");
  const std::string me = set.value(0, "SELECT CURRENT_USER()");
  const std::size_t at = me.rfind('@');
  set.sql(0, "ALTER USER '" + me.substr(0, at) + "'@'" + me.substr(at + 1) + "' PASSWORD EXPIRE");
  set.stop_sidecar(0);
  set.start_sidecar(0);
  const bool said = eventually(20s, [&] {
    answer = set.probe(0, "/readyz");
    return answer.status == 503 && says_so(answer.body);
  });
  INFO("pod 0 said " << answer.body);
  CHECK(said);
}

TEST_CASE("a server that ends idle connections after a second is ready all the time", "[family]") {
  TestSet set;
  configure(set, "primary.cnf", "wait_timeout=1\ninteractive_timeout=1");
  configure(set, "replica.cnf", "wait_timeout=1\ninteractive_timeout=1");
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);
  std::string seen;
  int looks = 0;
  CHECK_FALSE(eventually(20s, [&] {
    for (const int ordinal : {0, 1})
      if (const HttpAnswer answer = set.probe(ordinal, "/readyz"); answer.body != "ok\n") seen = answer.body;
    ++looks;
    return !seen.empty();
  }));
  INFO(seen << " after " << looks << " looks");
  CHECK(seen.empty());
  CHECK(looks >= 20);
  set.make_rows(10);
  set.expect_same_rows(1);
}

TEST_CASE("a delay that a person has set on a replica survives, or its end is said", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);
  const auto keeps_delay = [&] {
    return replica_status(set, 1, "SQL_Delay") == "2" || told_by(set, 1).find("delay") != std::string::npos;
  };
  change_source(set, 1, "MASTER_DELAY = 2");
  set.wait_ready(1);
  INFO("the sidecar and the server start anew");
  set.stop_sidecar(1);
  set.restart_server(1);
  set.start_sidecar(1);
  set.wait_ready(1);
  CHECK(keeps_delay());
  INFO("the sidecar sets replication up anew, for somebody has pointed it elsewhere");
  change_source(set, 1, "MASTER_PORT = 1");
  CHECK(eventually(20s, [&] {
    return replica_status(set, 1, set.kind().is_mysql() ? "Source_Port" : "Master_Port") ==
           std::to_string(set.mysql_port());
  }));
  set.wait_ready(1);
  CHECK(keeps_delay());
  set.make_rows(10);
  set.expect_same_rows(1);
}

TEST_CASE("a primary that replicates from elsewhere goes on after a restart, or it is said that it does not",
          "[family]") {
  TestSet outside;
  TestSet set;
  // Other server ids, and on MariaDB another domain: its own primary writes in the first.
  configure(outside, "primary.cnf", outside.kind().is_mysql() ? "" : "gtid_domain_id=7");
  REQUIRE(outside.init(0, {"--server-id-base", "500"}).exit_code == 0);
  REQUIRE(outside.clone(0).exit_code == 0);
  outside.start_containers(0);
  set.start_pod(0);
  outside.make_rows(10);
  {
    MysqlClient admin(set.login(0), 30s);
    const std::string word = set.kind().is_mysql() ? "SOURCE" : "MASTER";
    outside.sql(0, "CREATE USER feed IDENTIFIED BY 'feed'");
    outside.sql(0, "GRANT REPLICATION SLAVE ON *.* TO feed");
    admin.execute((set.kind().is_mysql() ? "CHANGE REPLICATION SOURCE TO " : "CHANGE MASTER TO ") + word +
                  "_HOST = '127.0.0.10', " + word + "_PORT = " + std::to_string(outside.mysql_port()) + ", " + word +
                  "_USER = 'feed', " + word + "_PASSWORD = 'feed', " +
                  (set.kind().is_mysql() ? "GET_SOURCE_PUBLIC_KEY = 1, SOURCE_AUTO_POSITION = 1"
                                         : "MASTER_USE_GTID = slave_pos"));
    admin.execute("START REPLICA");
  }
  const auto arrives = [&] {
    outside.make_rows(1);
    const std::string rows = outside.fingerprint(0);
    return eventually(15s, [&] {
      return value_or_error(set, 0, "SELECT MAX(id) FROM test.rows_of") ==
             outside.value(0, "SELECT MAX(id) FROM test.rows_of");
    });
  };
  REQUIRE(arrives());
  set.restart_server(0);
  CHECK(eventually(20s, [&] { return set.probe(0, "/readyz").status != 0; }));
  const bool goes_on = arrives();
  const std::string readyz = set.probe(0, "/readyz").body;
  INFO(readyz << set.sidecar(0).output());
  // `status` shows an I/O thread that is stopped; nobody looks there unasked.
  const bool said =
      (readyz + set.sidecar(0).output()).find(":" + std::to_string(outside.mysql_port())) != std::string::npos;
  CHECK((goes_on || said));
}

TEST_CASE("a replica that a person has opened is closed again", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);
  set.sql(1, "SET GLOBAL read_only = OFF");
  CHECK(eventually(10s, [&] { return is_closed(set, 1); }));
  set.wait_ready(1);
  if (set.kind().is_mysql()) {
    set.sql(1, "SET GLOBAL super_read_only = OFF");
    CHECK(eventually(10s, [&] { return is_closed(set, 1); }));
  }
  INFO("where something was written meanwhile, it is held, and closed too");
  {
    MysqlClient client(set.login(1), 30s);
    client.execute("SET GLOBAL read_only = OFF");
    client.execute("INSERT INTO test.rows_of (id, body) VALUES (1000000, 'own')");
  }
  set.wait_not_ready(1, "transactions ");
  CHECK(eventually(10s, [&] { return is_closed(set, 1); }));
  CHECK(own_rows(set, 1) == "1");
}

TEST_CASE("a primary that a person has closed is not ready, and says why", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(10);
  set.expect_same_rows(1);
  set.sql(0, "SET GLOBAL read_only = ON");
  set.wait_not_ready(0, "read_only");
  CHECK(set.probe(0, "/livez").status == 200);
  CHECK(set.probe(1, "/readyz").status == 200);
  set.sql(0, "SET GLOBAL read_only = OFF");
  set.wait_ready(0);
  set.make_rows(10);
  set.expect_same_rows(1);
}

TEST_CASE("a replica without strict GTIDs that lacks what a recovered primary's log has not is never ready wrong",
          "[stream][family]") {
  TestSet set;
  configure(set, "replica.cnf", "gtid_strict_mode=OFF");
  set.start_pods(3);
  const auto write = [&](int count) {
    for (int i = 0; i < count; ++i) set.make_rows(1);
  };
  write(10);
  set.expect_same_rows(1);
  set.expect_same_rows(2);
  set.stop_pod(2);
  write(10);
  set.expect_same_rows(1);
  set.stop_pod(0);
  std::filesystem::remove_all(set.data(0));
  set.start_pod(0);
  write(10);
  set.expect_same_rows(1);
  // Nobody is left who has what it lacks.
  set.stop_pod(1);
  set.start_server(2);
  set.start_sidecar(2);
  const std::string rows = set.fingerprint(0);
  bool wrong = false;
  CHECK_FALSE(eventually(20s, [&] {
    wrong = set.probe(2, "/readyz").body == "ok\n" && set.fingerprint(2) != rows;
    return wrong;
  }));
  INFO(set.probe(2, "/readyz").body << set.fingerprint(2) << ", and the primary " << rows << set.sidecar(2).output());
  CHECK_FALSE(wrong);
  CHECK(set.probe(2, "/readyz").status == 503);
}

TEST_CASE("a replica that does not log what it applies is never a donor, and says why", "[family]") {
  TestSet set;
  configure(set, "replica.cnf", set.kind().is_mysql() ? "log_replica_updates=OFF" : "log_slave_updates=OFF");
  set.start_pods(2);
  const auto fit = watch_fit(set, 1);
  set.make_rows(10);
  set.expect_same_rows(1);
  CHECK_FALSE(eventually(8s, [&] { return !fit->seen().empty(); }));
  CHECK(fit->seen() == "");
  CHECK_THAT(set.ask_donor(1).body,
             Catch::Contains(set.kind().is_mysql() ? "log_replica_updates" : "log_slave_updates"));
}

TEST_CASE("a primary that logs statements says so", "[family]") {
  TestSet set;
  configure(set, "primary.cnf", "binlog_format=STATEMENT");
  set.start_pod(0);
  CHECK(comes_to_tell(set, 0, "STATEMENT"));
}
