#include <catch2/catch.hpp>
#include <random>

#include "common/base/file.hpp"
#include "common/volume/data_dir.hpp"
#include "tests/support/fake_donor.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
namespace fs = std::filesystem;

namespace {

Ran reclone(const TestSet& set, int ordinal, const Arguments& more = {}) {
  Arguments argv = set.kind().command(
      {AGENT_BINARY, "reclone", "--pod-name", "mysql-" + std::to_string(ordinal), "--data-dir", set.data(ordinal)});
  argv.insert(argv.end(), more.begin(), more.end());
  return run_to_end(argv);
}

void ask(const TestSet& set, int ordinal, const Arguments& more = {}) {
  const Ran ran = reclone(set, ordinal, more);
  INFO(ran.output);
  REQUIRE(ran.exit_code == 0);
}

DataDir data_dir(const TestSet& set, int ordinal) {
  return {set.data(ordinal)};
}

// A file that marks the old data. No clone carries it along.
fs::path mark(const TestSet& set) {
  return set.data(1) / "mark-of-the-old-data";
}

// Checks that the data directory is whole, with the old data or the new, if its state says that a server may start on
// it.
void check_whole_or_unfinished(const TestSet& set) {
  const DataDirFacts facts = inspect_data_dir(data_dir(set, 1), "mysql-1");
  REQUIRE(facts.state);
  if (!is_settled(facts.state->state)) return;
  CHECK(fs::exists(set.data(1) / "ibdata1"));
  CHECK(fs::exists(set.data(1) / "test"));
  CHECK(fs::exists(set.data(1) / "mysql"));
}

}  // namespace

TEST_CASE("a replica is cloned anew where a person asked for it, and its old data is set aside", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(200);
  set.expect_same_rows(1);
  const std::string state = read_text(set.state_file(1));
  ask(set, 1);
  // The request changes nothing before the next start.
  CHECK(read_text(set.state_file(1)) == state);
  CHECK_THAT(set.status(1).output, Catch::Contains("reclone      asked for at 20"));
  CHECK(eventually(std::chrono::seconds(10), [&] {
    return set.status(1, {"--output", "json"}).output.find("\"discard\": false") != std::string::npos;
  }));
  CHECK(eventually(std::chrono::seconds(10),
                   [&] { return set.probe(1, "/status").body.find("\"asked\"") != std::string::npos; }));
  set.stop_pod(1);
  write_text(mark(set), "old");
  set.make_rows(50);
  set.start_pod(1);
  set.expect_same_rows(1);
  CHECK_FALSE(fs::exists(mark(set)));
  CHECK(list_directory(data_dir(set, 1).agent()) == std::vector<std::string>{"set-aside", "state.json"});
  const auto aside = list_set_aside(data_dir(set, 1));
  REQUIRE(aside.size() == 1);
  CHECK(read_text(data_dir(set, 1).set_aside() / aside.front() / "mark-of-the-old-data") == "old");
  CHECK(fs::exists(data_dir(set, 1).set_aside() / aside.front() / "mysql"));
  CHECK_THAT(set.status(1).output, Catch::Contains("set aside    .mysql-agent/set-aside/" + aside.front()));
  // The data that was set aside has the same tablespaces as the data. No server may look there, not even in a recovery.
  CHECK(set.value(1, "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE '%agent%'") == "0");
  set.make_rows(500);
  set.stop_pod(1, SIGKILL);
  const Ran kept = set.clone(1);
  CHECK(kept.exit_code == 0);
  CHECK_THAT(kept.output, Catch::Contains("kept the data"));
  set.start_containers(1);
  set.expect_same_rows(1);
  // A clone of this pod does not carry the old data along.
  set.start_pod(2);
  set.expect_same_rows(2);
  CHECK_FALSE(fs::exists(data_dir(set, 2).set_aside()));

  SECTION("asked for twice, both are kept") {
    ask(set, 1);
    set.stop_pod(1);
    set.start_pod(1);
    set.expect_same_rows(1);
    CHECK(list_set_aside(data_dir(set, 1)).size() == 2);
  }
}

TEST_CASE("a clone that replaces data, killed at any of its steps, ends in the old data or in the new", "[family]") {
  TestSet set;
  set.start_pods(2);
  // A clone by the plugin needs enough data, so that the test can see the copy while it runs.
  set.make_rows(set.kind().has_backup_tool() ? 200 : 60'000, 1000);
  set.expect_same_rows(1);
  set.stop_pod(1);
  std::vector<std::string> points{"plugin.initialized", "clone.receiving", "plugin.confirmed",
                                  "state.cloned",       "aside.renamed",   "state.published"};
  // A clone by the plugin takes longer, and its steps after the copy are those of a stream: fewer points are enough.
  if (set.kind().has_backup_tool())
    points = {"clone.receiving",  "state.cloning",   "clone.synced",        "state.cloned",    "prepare.done",
              "state.prepared",   "reclone.taken",   "state.setting_aside", "aside.renamed",   "aside.synced",
              "state.publishing", "publish.renamed", "publish.synced",      "reclone.removed", "state.published"};
  for (const std::string& point : points) {
    INFO(point);
    write_text(mark(set), "old");
    ask(set, 1);
    const Ran crashed = set.clone(1, {}, crash_at(point));
    INFO(crashed.output);
    REQUIRE(crashed.exit_code == killed);
    check_whole_or_unfinished(set);
    if (point == points.front()) {
      CHECK(set.clone(1, {}, crash_at("restart.removed")).exit_code == killed);
      check_whole_or_unfinished(set);
    }
    const Ran again = set.clone(1);
    INFO(again.output);
    REQUIRE(again.exit_code == 0);
    CHECK_FALSE(fs::exists(mark(set)));
    CHECK(list_directory(data_dir(set, 1).agent()) == std::vector<std::string>{"set-aside", "state.json"});
    // The data was set aside once, because it was asked for once.
    REQUIRE(list_set_aside(data_dir(set, 1)).size() == 1);
    CHECK(fs::exists(data_dir(set, 1).set_aside() / list_set_aside(data_dir(set, 1)).front() / "mark-of-the-old-data"));
    fs::remove_all(data_dir(set, 1).set_aside());
    // A server after each point would take long. After these two it shows most.
    if (point == "aside.renamed" || point == points.front()) {
      set.start_containers(1);
      set.expect_same_rows(1);
      set.stop_pod(1);
    }
  }
}

TEST_CASE("a clone that replaces data, killed at random moments, ends in the old data or in the new", "[once]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(20'000, 1000);
  set.expect_same_rows(1);
  set.stop_pod(1);
  std::mt19937 random(std::random_device{}());
  ask(set, 1, random() % 2 == 0 ? Arguments{} : Arguments{"--discard"});
  bool done = false;
  for (int round = 0; round < 10 && !done; ++round) {
    done = set.kill_clone(1) == 0;
    if (!fs::exists(set.state_file(1))) continue;  // the old data is removed, and the clone has not begun
    check_whole_or_unfinished(set);
  }
  const Ran last = set.clone(1);
  INFO(last.output);
  REQUIRE(last.exit_code == 0);
  set.start_containers(1);
  set.expect_same_rows(1);
}

TEST_CASE("without a donor the data stays as it is, and the request can be withdrawn", "[once]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(100);
  set.expect_same_rows(1);
  set.stop_pod(1);
  write_text(mark(set), "old");
  const std::string state = read_text(set.state_file(1));
  const Arguments more = GENERATE(Arguments{}, Arguments{"--discard"});
  ask(set, 1, more);
  set.stop_sidecar(0);
  const Ran waited = set.clone(1, {"--donor-wait", "1s"});
  CHECK(waited.exit_code == 1);
  CHECK_THAT(waited.output,
             Catch::Contains("error: a new clone was asked for at 20") && Catch::Contains("no fit donor"));
  CHECK_THAT(waited.output,
             Catch::Contains("hint: the data is as it was; `mysql-agent reclone --cancel` withdraws the request"));
  CHECK(read_text(set.state_file(1)) == state);
  CHECK(fs::exists(mark(set)));
  ask(set, 1, {"--cancel"});
  const Ran kept = set.clone(1, {"--donor-wait", "1s"});
  CHECK(kept.exit_code == 0);
  CHECK(read_text(set.state_file(1)) == state);
  CHECK(list_directory(data_dir(set, 1).agent()) == std::vector<std::string>{"state.json"});
  set.start_sidecar(0);
  set.start_containers(1);
  set.expect_same_rows(1);
}

TEST_CASE("a request that is withdrawn while the clone is made leaves the old data, and nothing of the copy",
          "[once]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(100);
  set.expect_same_rows(1);
  set.stop_pod(1);
  const std::string state = read_text(set.state_file(1));
  write_text(mark(set), "old");
  for (const char* point : {"state.prepared", "state.cloned", "state.cloning"}) {
    if (!set.kind().has_backup_tool() && std::string(point) != "state.cloned")
      continue;  // a clone by the plugin takes longer
    INFO(point);
    ask(set, 1);
    REQUIRE(set.clone(1, {}, crash_at(point)).exit_code == killed);
    CHECK(fs::exists(data_dir(set, 1).copy_state_file()));
    ask(set, 1, {"--cancel"});
    const Ran kept = set.clone(1);
    INFO(kept.output);
    CHECK(kept.exit_code == 0);
    CHECK(read_text(set.state_file(1)) == state);
    CHECK(fs::exists(mark(set)));
    CHECK(list_directory(data_dir(set, 1).agent()) == std::vector<std::string>{"state.json"});
  }
  ask(set, 1);
  REQUIRE(set.clone(1, {}, crash_at("reclone.taken")).exit_code == killed);
  const Ran late = reclone(set, 1, {"--cancel"});
  CHECK(late.exit_code == 3);
  CHECK_THAT(late.output, Catch::Contains("cannot be withdrawn any more"));
  CHECK(set.clone(1).exit_code == 0);
  CHECK_FALSE(fs::exists(mark(set)));
}

TEST_CASE("data that may be removed is removed when a donor has answered, and killed at any step the clone follows",
          "[once]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(100);
  set.expect_same_rows(1);
  set.stop_pod(1);
  std::vector<std::string> points{"aside.renamed", "state.cloning"};
  if (set.kind().has_backup_tool())
    for (const char* point : {"reclone.taken", "state.discarding", "aside.synced", "discard.removed", "reclone.removed",
                              "state.publishing"})
      points.push_back(point);
  for (const std::string& point : points) {
    INFO(point);
    write_text(mark(set), "old");
    ask(set, 1, {"--discard"});
    CHECK_THAT(set.clone(1, {}, crash_at(point)).output, !Catch::Contains("error:"));
    if (fs::exists(set.state_file(1))) check_whole_or_unfinished(set);
    const Ran again = set.clone(1);
    INFO(again.output);
    REQUIRE(again.exit_code == 0);
    CHECK_FALSE(fs::exists(mark(set)));
    CHECK(list_directory(data_dir(set, 1).agent()) == std::vector<std::string>{"state.json"});
  }
  set.start_containers(1);
  set.expect_same_rows(1);
}

TEST_CASE("reclone is refused where it could lose data", "[family]") {
  TestSet set;
  set.start_pods(2);
  const Ran primary = reclone(set, 0);
  CHECK(primary.exit_code == 3);
  CHECK_THAT(primary.output, Catch::Contains("error: this pod is the primary") && Catch::Contains("hint: "));
  fs::create_directories(set.data(3));
  const Ran fresh = reclone(set, 3);
  CHECK(fresh.exit_code == 3);
  CHECK_THAT(fresh.output, Catch::Contains("no state"));
  // Data on which a server runs is not replaced.
  ask(set, 1);
  const Ran running = set.clone(1);
  CHECK(running.exit_code == 1);
  CHECK_THAT(running.output, Catch::Contains("error: a server runs on " + set.data(1).string()));
  CHECK(set.value(1, "SELECT 1") == "1");
}

TEST_CASE("a volume without space for both says so, and removes nothing for a clone that would not fit either",
          "[stream][family]") {
  TestSet set(Security::insecure);
  set.start_pods(2);
  set.make_rows(100);
  set.expect_same_rows(1);
  set.stop_pod(1);
  set.stop_sidecar(0);
  DonorInfo donor = parse_donor_info(fit_donor("mysql-0", Role::primary, set.kind().version()));
  const std::uint64_t have = free_bytes(set.data(1));
  donor.bytes = have * 4;
  const RawServer fake(TestSet::address(0), set.clone_port(),
                       [&](const std::string&) { return with_length(donor_info_text(donor)); });
  const std::string state = read_text(set.state_file(1));
  ask(set, 1);
  const Ran full = set.clone(1);
  CHECK(full.exit_code == 1);
  CHECK_THAT(full.output,
             Catch::Contains("beside the old data, which is untouched") && Catch::Contains("reclone --discard"));
  ask(set, 1, {"--discard"});
  const Ran still = set.clone(1);
  CHECK(still.exit_code == 1);
  CHECK_THAT(still.output,
             Catch::Contains("of old data, and the clone needs about") && Catch::Contains("reclone --cancel"));
  CHECK(read_text(set.state_file(1)) == state);
  CHECK(fs::exists(set.data(1) / "test"));
}
