#include <catch2/catch.hpp>

#include "tests/support/same_rows.hpp"
#include "tests/support/watch.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

constexpr const char* left_out = "left_out";

void fill_left_out(const TestSet& set) {
  // The default database counts for all but one of these.
  MysqlClient client(set.login(0), std::chrono::seconds(10));
  client.execute("CREATE DATABASE left_out");
  client.execute("USE left_out");
  client.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY)");
  for (int i = 0; i < 5; ++i) client.execute("INSERT INTO t VALUES ()");
}

}  // namespace

TEST_CASE("a clone of a primary whose log was written under another server id has each row once", "[family]") {
  TestSet set;
  REQUIRE(set.init(0).exit_code == 0);
  REQUIRE(set.clone(0).exit_code == 0);
  set.start_containers(0);
  {
    // The log has only rows, so that nothing in it fails if it is applied twice.
    MysqlClient client(set.login(0), std::chrono::seconds(10));
    client.execute("SET SESSION sql_log_bin = OFF");
    client.execute("CREATE DATABASE test");
    client.execute("CREATE TABLE test.keyless (body VARCHAR(40))");
  }
  for (int i = 0; i < 10; ++i) set.sql(0, "INSERT INTO test.keyless VALUES (UUID())");
  set.stop_pod(0);
  const Arguments base{"--server-id-base", "200"};
  REQUIRE(set.init(0, base).exit_code == 0);
  REQUIRE(set.clone(0).exit_code == 0);
  set.start_containers(0);

  const bool writes_again = GENERATE(false, true);
  INFO((writes_again ? "it has written under the new one too" : "it has written nothing under the new one"));
  if (writes_again) set.sql(0, "INSERT INTO test.keyless VALUES ('under the new one')");
  REQUIRE(set.init(1, base).exit_code == 0);
  const Ran cloned = set.clone(1, {"--donor-wait", "1s"});
  INFO(cloned.output);
  if (cloned.exit_code != 0) {
    CHECK((cloned.exit_code == 1 || cloned.exit_code == 3));
    CHECK_THAT(cloned.output, Catch::Contains("server id") || Catch::Contains("server_id"));
    set.expect_nothing_published(1);
    return;
  }
  set.start_server(1);
  set.start_sidecar(1);
  set.wait_ready(1);
  expect_same_tables(set, 1);
  set.sql(0, "INSERT INTO test.keyless VALUES ('later')");
  expect_same_tables(set, 1);
  set.wait_ready(1);
}

TEST_CASE("what root writes on the donor during the stream does not come along", "[family]") {
  TestSet set;
  set.start_pods(2);
  // On MySQL the copy of a server is 60 MB even without rows.
  set.make_rows(30'000, 1000);
  set.expect_same_rows(1);
  set.stop_sidecar(1);
  set.start_sidecar(1, {"--max-rate", set.kind().is_mysql() ? "12MiB" : "8MiB"});
  set.wait_ready(1);
  set.wait_clonable(1);
  REQUIRE(set.init(2).exit_code == 0);
  Background clone = set.begin_clone(2, {"--donor-wait", "20s"});
  REQUIRE(eventually(std::chrono::seconds(30), [&] {
    const std::string said = set.probe(2, "/readyz").body;
    return said.find("receives the clone of mysql-1") != std::string::npos && said.find('%') != std::string::npos;
  }));
  write_own_rows(set, 1, 1);
  const auto code = clone.wait(std::chrono::minutes(2));
  INFO(clone.output());
  REQUIRE(code);
  if (*code != 0) {
    CHECK(*code == 1);
    set.expect_nothing_published(2);
    return;
  }
  INFO("it was made of another one, then");
  const auto ready = watch_ready(set, 2);
  set.start_server(2);
  set.start_sidecar(2);
  set.wait_server(2);
  CHECK(own_rows(set, 2) == "0");
  set.wait_ready(2);
  expect_same_tables(set, 2);
}

TEST_CASE("a replica that leaves something out by a filter is no donor, and recovers no primary", "[family]") {
  enum class Filter { by_option, by_statement, of_the_log };
  const Filter filter = GENERATE(Filter::by_option, Filter::by_statement, Filter::of_the_log);
  TestSet set;
  set.start_pod(0);
  std::string options = "[mysqld]\n";
  if (filter == Filter::by_option) options += std::string("replicate_ignore_db=") + left_out + "\n";
  if (filter == Filter::of_the_log) options += std::string("binlog_ignore_db=") + left_out + "\n";
  INFO(options << (filter == Filter::by_statement ? "by a statement" : ""));
  write_text(set.config_map() / "replica.cnf", options);
  REQUIRE(set.init(1).exit_code == 0);
  REQUIRE(set.clone(1).exit_code == 0);
  set.start_server(1);
  set.start_sidecar(1);
  set.make_rows(10);
  set.expect_same_rows(1);
  const auto set_filter = [&](const std::string& database) {
    MysqlClient client(set.login(1), std::chrono::seconds(10));
    client.execute("STOP REPLICA SQL_THREAD");
    if (set.kind().is_mysql())
      client.execute("CHANGE REPLICATION FILTER REPLICATE_IGNORE_DB = (" + database + ") FOR CHANNEL ''");
    else client.execute("SET GLOBAL replicate_ignore_db = '" + database + "'");
    client.execute("START REPLICA SQL_THREAD");
  };
  if (filter == Filter::by_statement) set_filter(left_out);
  fill_left_out(set);
  set.make_rows(10);
  set.expect_same_rows(1);
  if (filter == Filter::by_statement) {
    REQUIRE(eventually(std::chrono::seconds(10),
                       [&] { return donor_field(set, 1, "filters").find(left_out) != std::string::npos; }));
    INFO("the filter is gone, and the rows do not come");
    set_filter("");
    set.stop_sidecar(1);
    set.start_sidecar(1);
    set.make_rows(10);
    set.expect_same_rows(1);
    CHECK(set.value(1, "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'left_out'") == "0");
  }

  CHECK(eventually(std::chrono::seconds(10),
                   [&] { return donor_field(set, 1, "filters").find(left_out) != std::string::npos; }));
  INFO(donor_text(set, 1));
  CHECK(donor_field(set, 1, "fit") == "false");
  CHECK_THAT(donor_field(set, 1, "reason"), Catch::Contains(left_out));
  CHECK_THAT(set.status(1).output, Catch::Contains(left_out));
  CHECK_THAT(set.doctor(1).output, Catch::Contains(left_out));

  set.stop_pod(0);
  std::filesystem::remove_all(set.data(0));
  const Ran refused = set.clone(0, {"--on-lost-primary", "recover", "--donor-wait", "1s"});
  INFO(refused.output);
  CHECK(refused.exit_code == 3);
  CHECK_THAT(refused.output, Catch::Contains(left_out));
  set.expect_nothing_published(0);
}
