#include <catch2/catch.hpp>

#include "tests/support/said.hpp"
#include "tests/support/same_rows.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
using namespace std::chrono_literals;

namespace {

const std::vector<const char*> engines{"InnoDB", "Aria", "MyISAM"};

// Makes, changes, renames and drops tables on pod 0 until stop().
class DdlStorm {
 public:
  explicit DdlStorm(const TestSet& set) : thread_([this, &set] { run(set); }) {}
  ~DdlStorm() { stop(); }
  DdlStorm(const DdlStorm&) = delete;
  DdlStorm& operator=(const DdlStorm&) = delete;
  int rounds() const { return rounds_; }
  void stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run(const TestSet& set) {
    MysqlClient client(set.login(0), 60s);
    while (!stop_) {
      const int n = rounds_++;
      const std::string name = "test.storm_" + std::to_string(n % 30);
      const std::string engine = engines[static_cast<std::size_t>(n) % engines.size()];
      // In this order a table of that name exists in one of its forms, or not at all.
      for (const std::string& statement :
           {"DROP TABLE IF EXISTS " + name + ", " + name + "_renamed",
            "CREATE TABLE " + name + " (id INT PRIMARY KEY, body VARCHAR(100)) ENGINE=" + engine,
            "INSERT INTO " + name + " SELECT id, HEX(LEFT(body, 20)) FROM test.rows_of LIMIT 50",
            "ALTER TABLE " + name + " ADD COLUMN more INT DEFAULT " + std::to_string(n) + ", ADD INDEX (body)",
            "ALTER TABLE " + name + " ENGINE=" + engines[static_cast<std::size_t>(n + 1) % engines.size()],
            "RENAME TABLE " + name + " TO " + name + "_renamed", "UPDATE " + name + "_renamed SET more = more + id"})
        client.execute(statement);
      if (n % 3 == 0) client.execute("DROP TABLE " + name + "_renamed");
    }
  }

  std::atomic<bool> stop_{false};
  std::atomic<int> rounds_{0};
  std::thread thread_;
};

}  // namespace

TEST_CASE("tables whose rows the plugin does not copy are refused by name, or come with their rows", "[plugin]") {
  TestSet set;
  set.start_pod(0);
  set.make_rows(10);
  set.wait_clonable(0);
  const std::string engine = GENERATE(as<std::string>(), "MyISAM", "CSV");
  set.sql(0, "CREATE TABLE test.of_another_engine (id INT NOT NULL) ENGINE=" + engine);
  set.sql(0, "INSERT INTO test.of_another_engine VALUES (1), (2), (3)");
  REQUIRE(set.init(1).exit_code == 0);
  const Ran cloned = set.clone(1, {"--donor-wait", "3s"});
  INFO(cloned.output);
  if (cloned.exit_code != 0) {
    CHECK_THAT(cloned.output, Catch::Contains("test.of_another_engine"));
    CHECK_THAT(cloned.output, Catch::Contains("\nhint: "));
    set.expect_nothing_published(1);
    CHECK_FALSE(std::filesystem::exists(set.data(1) / ".mysql-agent" / "staging" / "ibdata1"));
    INFO("without such tables it goes on");
    set.sql(0, "ALTER TABLE test.of_another_engine ENGINE=InnoDB");
    REQUIRE(set.clone(1).exit_code == 0);
  }
  set.start_server(1);
  set.start_sidecar(1);
  const std::string count = "SELECT COUNT(*) FROM test.of_another_engine";
  const bool wrong =
      eventually(20s, [&] { return set.probe(1, "/readyz").body == "ok\n" && value_or_error(set, 1, count) != "3"; });
  INFO(count << " says " << value_or_error(set, 1, count) << " on the replica, which says "
             << set.probe(1, "/readyz").body);
  CHECK_FALSE(wrong);
  if (!wrong) expect_same_tables(set, 1);
}

TEST_CASE("a clone amid a storm of DDL has the primary's tables, or fails clearly and the next one has them",
          "[stream][family]") {
  TestSet set;
  set.start_pod(0);
  set.make_rows(20'000, 1000);
  REQUIRE(set.init(1).exit_code == 0);
  for (int round = 0; round < 3; ++round) {
    DdlStorm storm(set);
    REQUIRE(eventually(20s, [&] { return storm.rounds() > 10; }));
    const int before = storm.rounds();
    const Ran cloned = set.clone(1, {"--donor-wait", "5s"});
    INFO("round " << round << ", " << storm.rounds() - before << " changes meanwhile\n" << cloned.output);
    CHECK(storm.rounds() > before);
    storm.stop();
    if (cloned.exit_code != 0) {
      CHECK(cloned.exit_code == 1);
      CHECK_THAT(cloned.output, Catch::Contains("error: ") && Catch::Contains("\nhint: "));
      set.expect_nothing_published(1);
      const Ran again = set.clone(1);
      INFO(again.output);
      REQUIRE(again.exit_code == 0);
    }
    set.start_containers(1);
    set.expect_same_rows(1);
    expect_same_tables(set, 1);
    set.stop_pod(1);
    std::filesystem::remove_all(set.data(1));
  }
}
