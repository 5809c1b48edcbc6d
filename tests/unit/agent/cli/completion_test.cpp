#include "agent/cli/completion.hpp"

#include <algorithm>

#include "agent/cli/command_line.hpp"
#include "agent/cli/flags.hpp"
#include "agent/cli/run.hpp"
#include "common/base/process.hpp"
#include "tests/support/captured.hpp"
#include "tests/support/temp_dir.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;

namespace {

// What a real bash offers after these words, of which the last one is cut.
std::vector<std::string> offered(const std::string& words, const std::string& directory = "/") {
  const test::TempDir dir;
  test::write_text(dir / "completion", completion_script("bash"));
  const std::string script =
      "source " + (dir / "completion").string() + "\ncomplete -p mysql-agent\nCOMP_WORDS=(mysql-agent " + words +
      ")\nCOMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))\n_mysql_agent\n" + "printf '%s\\n' \"${COMPREPLY[@]}\"";
  const Finished ran = run_command({.argv = {"/bin/bash", "--norc", "-u", "-c", script}, .directory = directory});
  INFO(ran.error_tail);
  CHECK(ran.exit_code == 0);
  CHECK(ran.error_tail.empty());
  auto lines = test::lines_of(ran.out);
  REQUIRE(!lines.empty());
  CHECK(lines.front() == "complete -F _mysql_agent mysql-agent");
  lines.erase(lines.begin());
  if (lines == std::vector<std::string>{""}) lines.clear();
  return lines;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("bash completes subcommands, their flags, and the words that a flag takes") {
  CHECK(offered("sta") == Words{"status"});
  CHECK(offered("re") == Words{"reclone", "release", "resume"});
  CHECK(offered("status --o") == Words{"--output"});
  CHECK(offered("status --output ''") == Words{"table", "json"});
  CHECK(offered("clone-mysql --engine c") == Words{"clone-plugin"});
  CHECK(offered("completion z") == Words{"zsh"});
}

TEST_CASE("bash offers each flag of each subcommand, and no other") {
  for (const Subcommand& each : subcommands()) {
    Words expected{"--help"};
    for (const FlagDescription& flag : describe_flags_of(each.name)) expected.push_back(flag.flag);
    Words found = offered(std::string(each.name) + " --");
    std::sort(expected.begin(), expected.end());
    std::sort(found.begin(), found.end());
    INFO(each.name);
    CHECK(found == expected);
  }
}

TEST_CASE("bash offers files where a flag takes one, and directories to install") {
  const test::TempDir dir;
  test::write_text(dir / "root-password", "");
  std::filesystem::create_directory(dir / "bin");
  CHECK(offered("sidecar --mysql-password-file r", dir.path()) == Words{"root-password"});
  CHECK(offered("install ''", dir.path()) == Words{"bin"});
}

TEST_CASE("the scripts of zsh and fish name each subcommand, flag and word") {
  for (const char* shell : {"zsh", "fish"}) {
    const std::string script = completion_script(shell);
    for (const Subcommand& each : subcommands()) CHECK_THAT(script, Catch::Contains(each.name));
    for (const FlagDescription& flag : describe_flags()) {
      INFO(flag.flag);
      CHECK_THAT(script, Catch::Contains(flag.flag.substr(2)));
      for (const std::string& word : flag.words) CHECK_THAT(script, Catch::Contains(word));
    }
  }
}
