#include "agent/init_mysql.hpp"

#include <sys/stat.h>

#include <map>

#include "common/base/file.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using test::code_of;
using test::read_text;
using test::TempDir;
using test::write_text;
namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

InitOptions options_for(const TempDir& dir, const char* pod) {
  fs::create_directories(dir / "conf.d");
  write_text(dir / "map" / "primary.cnf", "[mysqld]\nlog-bin\n");
  write_text(dir / "map" / "replica.cnf", "[mysqld]\nsuper-read-only\n");
  InitOptions options;
  options.set.pod = parse_pod_name(pod);
  options.conf_dir = dir / "conf.d";
  options.config_map_dir = dir / "map";
  options.server_id_base = 100;
  return options;
}

std::map<std::string, std::string> contents(const fs::path& directory) {
  std::map<std::string, std::string> out;
  for (const std::string& name : list_directory(directory)) out[name] = read_text(directory / name);
  return out;
}

}  // namespace

TEST_CASE("the plan of a primary and of a replica") {
  InitOptions options;
  const bool primary = GENERATE(true, false);
  options.set.pod = parse_pod_name(primary ? "mysql-0" : "mysql-3");
  options.server_id_base = 100;
  const InitPlan plan = plan_init(options, "the role's own");
  REQUIRE(plan.write.size() == 3);
  CHECK(plan.write[0].name == "server-id.cnf");
  CHECK_THAT(plan.write[0].content, Catch::Contains(primary ? "server-id=100\n" : "server-id=103\n"));
  CHECK(plan.write[1].name == "mysql-agent.cnf");
  CHECK(plan.write[2].name == (primary ? "primary.cnf" : "replica.cnf"));
  CHECK(plan.write[2].content == "the role's own");
  CHECK(plan.remove == Names{primary ? "replica.cnf" : "primary.cnf"});
}

TEST_CASE("a server id out of range is a usage error") {
  InitOptions options;
  options.set.pod = parse_pod_name("mysql-0");
  options.server_id_base = 0;
  CHECK(code_of([&] { plan_init(options, ""); }) == ExitCode::usage);
}

TEST_CASE("init-mysql writes the three files, for all to read and nobody to write") {
  const TempDir dir;
  init_mysql(options_for(dir, "mysql-0"));
  CHECK(list_directory(dir / "conf.d") == Names{"mysql-agent.cnf", "primary.cnf", "server-id.cnf"});
  CHECK(read_text(dir / "conf.d" / "primary.cnf") == "[mysqld]\nlog-bin\n");
  for (const std::string& name : list_directory(dir / "conf.d"))
    CHECK(fs::status(dir / "conf.d" / name).permissions() == fs::perms(0644));
}

TEST_CASE("running init-mysql again leaves the same bytes") {
  const TempDir dir;
  init_mysql(options_for(dir, "mysql-1"));
  const auto first = contents(dir / "conf.d");
  init_mysql(options_for(dir, "mysql-1"));
  CHECK(contents(dir / "conf.d") == first);
}

TEST_CASE("a pod whose role changed loses the other role's file, and nothing else") {
  const TempDir dir;
  InitOptions options = options_for(dir, "mysql-1");
  write_text(dir / "conf.d" / "mine.cnf", "kept");
  init_mysql(options);
  CHECK(list_directory(dir / "conf.d") == Names{"mine.cnf", "mysql-agent.cnf", "replica.cnf", "server-id.cnf"});
  options.set.first_ordinal = 1;
  init_mysql(options);
  CHECK(list_directory(dir / "conf.d") == Names{"mine.cnf", "mysql-agent.cnf", "primary.cnf", "server-id.cnf"});
  CHECK_THAT(read_text(dir / "conf.d" / "mysql-agent.cnf"),
             Catch::Contains("read_only=ON") && !Catch::Contains("event_scheduler"));
}

TEST_CASE("a config map without the role's file is a usage error with its path") {
  const TempDir dir;
  const InitOptions options = options_for(dir, "mysql-1");
  fs::remove(dir / "map" / "replica.cnf");
  const Error error = test::error_of([&] { init_mysql(options); });
  CHECK(error.code() == ExitCode::usage);
  CHECK_THAT(error.what(), Catch::Contains((dir / "map" / "replica.cnf").string()));
  CHECK(fs::is_empty(dir / "conf.d"));
}

TEST_CASE("a conf.d that cannot be written is a usage error") {
  const TempDir dir;
  InitOptions options = options_for(dir, "mysql-1");
  write_text(dir / "file", "kept");
  for (const fs::path& conf_dir : {dir / "none", dir / "file", dir / "file" / "conf.d"}) {
    INFO(conf_dir);
    options.conf_dir = conf_dir;
    CHECK(code_of([&] { init_mysql(options); }) == ExitCode::usage);
  }
  CHECK(read_text(dir / "file") == "kept");
}

TEST_CASE("a config map's file that cannot be read is a usage error") {
  const TempDir dir;
  const InitOptions options = options_for(dir, "mysql-1");
  fs::remove(dir / "map" / "replica.cnf");
  fs::create_directory(dir / "map" / "replica.cnf");
  CHECK(code_of([&] { init_mysql(options); }) == ExitCode::usage);
}
