#include "agent/cli/manual.hpp"

#include "agent/cli/command_line.hpp"
#include "agent/cli/flags.hpp"
#include "agent/cli/run.hpp"
#include "common/base/process.hpp"
#include "tests/support/temp_dir.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;

TEST_CASE("the manual page names all that the parser knows, and groff finds nothing wrong with it") {
  const test::TempDir dir;
  const std::string file = (dir / "mysql-agent.1").string();
  test::write_text(file, manual_page());
  const auto groff = find_in_path({"groff"});
  REQUIRE(groff);
  const Finished ran =
      run_command({.argv = {groff->string(), "-man", "-ww", "-Tascii", "-P-cbou", "-rLL=200n", "-rHY=0", file}});
  CHECK(ran.exit_code == 0);
  CHECK(ran.error_tail == "");
  for (const Subcommand& each : subcommands()) CHECK_THAT(ran.out, Catch::Contains(each.name));
  for (const FlagDescription& flag : describe_flags()) {
    INFO(flag.flag);
    CHECK_THAT(ran.out, Catch::Contains(flag.flag) && Catch::Contains(flag.variable));
  }
}
