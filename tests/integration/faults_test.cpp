#include <catch2/catch.hpp>

#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

// A system call of clone-mysql, its threads or its tools that fails, as on a broken or full volume.
struct Fault {
  const char* call;
  const char* error;
  std::vector<int> when;  ///< which of its calls on the volume fail: 1 is the first
  bool must_fail = true;  ///< clone-mysql cannot succeed without this call
};

const std::vector<Fault> of_a_stream{{"fsync", "EIO", {1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16}},
                                     {"syncfs", "EIO", {1, 2}},
                                     {"rename", "EIO", {1, 2, 3, 4, 5}},
                                     {"renameat2", "EIO", {1, 2, 5}},
                                     {"write", "ENOSPC", {1, 2, 3, 4, 5}},
                                     {"pwrite64", "ENOSPC", {1, 2, 20, 60, 100}},
                                     {"mkdir", "ENOSPC", {1, 2, 3, 4}, false},
                                     {"openat", "EIO", {1, 5, 20, 40, 60, 120, 200}, false},
                                     {"read", "EIO", {1, 2, 3}, false},
                                     {"unlinkat", "EIO", {1, 2}, false}};

// For clones by the plugin. The recipient's server writes most files; these are the agent's own steps, and some steps
// of the server.
const std::vector<Fault> of_the_plugin{{"fsync", "EIO", {1, 4, 9, 14}}, {"syncfs", "EIO", {1, 2}},
                                       {"rename", "EIO", {1, 4}},       {"renameat2", "EIO", {1, 3}},
                                       {"write", "ENOSPC", {1, 3}},     {"mkdir", "ENOSPC", {2}, false},
                                       {"unlinkat", "EIO", {1}, false}};
// The faults for a run of a minute: before the copy, during the copy, and after it.
const std::vector<Fault> of_the_plugin_in_short{
    {"fsync", "EIO", {4}}, {"syncfs", "EIO", {1}}, {"rename", "EIO", {4}}, {"write", "ENOSPC", {1}}};

// Runs clone-mysql with strace, which makes the calls on the volume's files fail. LeakSanitizer does not work with
// strace.
Ran run_with_fault(TestSet& set, int ordinal, const Fault& fault, int when) {
  Arguments argv{"env",
                 "ASAN_OPTIONS=detect_leaks=0",
                 "strace",
                 "-f",
                 "-qq",
                 "-o",
                 set.dir(ordinal) / "strace.log",
                 "-e",
                 std::string("trace=") + fault.call,
                 "-e",
                 std::string("inject=") + fault.call + ":error=" + fault.error + ":when=" + std::to_string(when)};
  for (const std::string& path :
       {set.data(ordinal).string(), (set.data(ordinal) / ".mysql-agent").string(),
        (set.data(ordinal) / ".mysql-agent/staging").string(), set.state_file(ordinal).string(),
        (set.data(ordinal) / ".mysql-agent/.state.json.tmp").string(),
        (set.data(ordinal) / ".mysql-agent/staging/ibdata1").string(),
        (set.data(ordinal) / ".mysql-agent/staging/mysql").string(),
        (set.data(ordinal) / ".mysql-agent/staging/xtrabackup_checkpoints").string()}) {
    argv.push_back("-P");
    argv.push_back(path);
  }
  for (const std::string& word : set.clone_command(ordinal, {"--donor-wait", "100ms"})) argv.push_back(word);
  return run_to_end(argv);
}

void expect_clean_errors(const std::vector<Fault>& faults, int at_least) {
  TestSet set;
  set.start_pod(0);
  set.make_rows(100);
  set.wait_clonable(0);
  REQUIRE(set.init(1).exit_code == 0);
  int failed = 0;
  for (const Fault& fault : faults) {
    for (const int when : fault.when) {
      INFO(fault.call << " number " << when << " fails with " << fault.error);
      std::filesystem::remove_all(set.data(1));
      std::filesystem::create_directories(set.data(1));
      const Ran ran = run_with_fault(set, 1, fault, when);
      const bool injected = read_text(set.dir(1) / "strace.log").find("(INJECTED)") != std::string::npos;
      INFO(ran.output);
      // A failed step is never taken for done. If a directory could not be removed or opened, clone-mysql may not need
      // it.
      if (injected && fault.must_fail) CHECK(ran.exit_code != 0);
      if (ran.exit_code != 0) {
        CHECK(injected);
        CHECK(ran.exit_code == 1);
        CHECK_THAT(ran.output, Catch::Contains("error: ") && Catch::Contains("\nhint: "));
        ++failed;
      }
      const Ran again = set.clone(1);
      INFO(again.output);
      REQUIRE(again.exit_code == 0);
      CHECK_THAT(read_text(set.state_file(1)), Catch::Contains("\"state\": \"published\""));
    }
    // A MySQL server takes ten seconds to start and stop.
    if (set.kind().is_mysql() && &fault != &faults.back()) continue;
    set.start_containers(1);
    set.expect_same_rows(1);
    set.stop_pod(1);
  }
  INFO(failed << " faults were errors");
  CHECK(failed >= at_least);
}

}  // namespace

TEST_CASE(
    "a volume that fails in any step of clone-mysql costs a clean error, and the next start ends in the same replica",
    "[once]") {
  expect_clean_errors(of_a_stream, 21);
}

TEST_CASE(
    "a volume that fails in a step of a clone by the plugin costs a clean error, and the next start ends in the same "
    "replica",
    "[plugin]") {
  if (long_tests()) expect_clean_errors(of_the_plugin, 10);
  else expect_clean_errors(of_the_plugin_in_short, 4);
}
