#include "agent/cli/command_line.hpp"
#include "agent/cli/flags.hpp"

#include <algorithm>
#include <set>

#include "common/base/error.hpp"
#include "tests/support/captured.hpp"
#include "tests/support/scoped_env.hpp"
#include "tests/support/temp_dir.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;
using test::Captured;
using test::lines_of;
using test::read_text;
using test::ScopedEnv;
using test::TempDir;
using test::write_text;

namespace {

// To listen on: it cannot, and goes on.
constexpr const char* nobodys_host = "192.0.2.1";
constexpr const char* nobodys_address = "192.0.2.1:9307";

struct Ran {
  int exit_code = 0;
  std::string out;
  std::string error;
};

Ran run(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "mysql-agent");
  const Captured out(STDOUT_FILENO);
  const Captured error(STDERR_FILENO);
  Ran ran;
  ran.exit_code = run_command_line(static_cast<int>(arguments.size()), arguments.data());
  ran.out = out.text();
  ran.error = error.text();
  return ran;
}

const FlagDescription& flag(const std::string& name) {
  static const std::vector<FlagDescription> flags = describe_flags();
  const auto at = std::find_if(flags.begin(), flags.end(), [&](const FlagDescription& f) { return f.flag == name; });
  REQUIRE(at != flags.end());
  return *at;
}

// An init-mysql that would work, and the server id that it writes.
struct InitDirs {
  InitDirs() {
    std::filesystem::create_directory(dir / "conf.d");
    write_text(dir / "map" / "primary.cnf", "");
    write_text(dir / "map" / "replica.cnf", "");
  }
  std::vector<const char*> arguments() const {
    return {"init-mysql", "--conf-dir", conf.c_str(), "--config-map-dir", map.c_str()};
  }
  std::string server_id() const {
    const std::string text = read_text(dir / "conf.d" / "server-id.cnf");
    return text.substr(text.find("server-id="));
  }
  TempDir dir;
  std::string conf = (dir / "conf.d").string();
  std::string map = (dir / "map").string();
};

}  // namespace

TEST_CASE("each flag has its variable, its subcommands and its help") {
  CHECK(flag("--data-dir").variable == "MYSQL_AGENT_DATA_DIR");
  CHECK(flag("--mysql-password-file").variable == "MYSQL_AGENT_MYSQL_PASSWORD_FILE");
  CHECK(flag("--data-dir").subcommands == "clone-mysql, sidecar, status, doctor, reclone, release, pause, resume");
  CHECK(flag("--data-dir").default_text == "/var/lib/mysql");
  CHECK(flag("--engine").subcommands == "clone-mysql, sidecar");
  CHECK(flag("--engine").default_text == "auto");
  CHECK(flag("--clone-user").subcommands == "clone-mysql, sidecar");
  CHECK(flag("--clone-user").default_text == "clone");
  CHECK(flag("--clone-password-file").variable == "MYSQL_AGENT_CLONE_PASSWORD_FILE");
  CHECK(flag("--clone-password-file").subcommands == "clone-mysql, sidecar");
  CHECK(flag("--defaults-file").subcommands == "clone-mysql");
  std::set<std::string> seen;
  for (const FlagDescription& each : describe_flags()) {
    INFO(each.flag);
    std::string variable = "MYSQL_AGENT_" + each.flag.substr(2);
    std::transform(variable.begin(), variable.end(), variable.begin(), [](char c) {
      return c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    });
    CHECK(each.variable == variable);
    CHECK(each.flag.starts_with("--"));
    CHECK_FALSE(each.subcommands.empty());
    CHECK_FALSE(each.default_text.empty());
    CHECK_FALSE(each.help.empty());
    CHECK(seen.insert(each.flag).second);
  }
  CHECK(seen.size() > 30);
}

TEST_CASE("help and version go to stdout and are no error") {
  for (const char* argument : {"--help", "--version"}) {
    const Ran ran = run({argument});
    CHECK(ran.exit_code == 0);
    CHECK_THAT(ran.out, Catch::Contains("mysql-agent"));
    CHECK(ran.error.empty());
  }
  const Ran ran = run({"sidecar", "--help"});
  CHECK(ran.exit_code == 0);
  for (const FlagDescription& each : describe_flags())
    if (each.subcommands.find("sidecar") != std::string::npos)
      CHECK_THAT(ran.out, Catch::Contains(each.flag) && Catch::Contains(each.variable));
}

TEST_CASE("bad input ends with exit code 2 and two lines on stderr") {
  const std::vector<std::vector<const char*>> bad{
      {},
      {"fly"},
      {"init-mysql", "status"},
      {"init-mysql", "--no-such-flag"},
      {"init-mysql", "--data-dir", "/d"},
      {"init-mysql", "--pod-name"},
      {"init-mysql", "--pod-name", "mysql"},
      {"init-mysql", "--pod-name", "mysql-1\nhint: forged"},
      {"init-mysql", "--pod-name", "mysql-1", "--peer-host", "mysql"},
      {"init-mysql", "--pod-name", "mysql-1", "--first-ordinal", "2"},
      {"init-mysql", "--pod-name", "mysql-1", "--first-ordinal", "-1"},
      {"init-mysql", "--pod-name", "mysql-1", "--server-id-base", "4294967296"},
      {"init-mysql", "--pod-name", "mysql-1", "--server-id-base", "4294967295", "--config-map-dir", "/"},
      {"init-mysql", "--pod-name", "mysql-1", "--config-map-dir", "/no/such/directory"},
      {"init-mysql", "--pod-name", "mysql-1", "--log-level", "loud"},
      {"init-mysql", "--pod-name", "mysql-1", "--log-format", "xml"},
      {"clone-mysql", "--pod-name", "mysql-1"},
      {"clone-mysql", "--pod-name", "mysql-1", "--insecure=perhaps"},
      {"clone-mysql", "--pod-name", "mysql-1", "--clone-secret-file", "/no/such/file"},
      {"clone-mysql", "--pod-name", "mysql-1", "--tls-cert", "/c", "--tls-key", "/k", "--tls-ca", "/no/such/file"},
      {"clone-mysql", "--pod-name", "mysql-1", "--clone-port", "0"},
      {"clone-mysql", "--pod-name", "mysql-1", "--clone-port", "65536"},
      {"clone-mysql", "--pod-name", "mysql-1", "--clone-port", "33o7"},
      {"clone-mysql", "--pod-name", "mysql-1", "--donor-wait", "10"},
      {"clone-mysql", "--pod-name", "mysql-1", "--use-memory", "much"},
      {"clone-mysql", "--pod-name", "mysql-1", "--on-lost-primary", "pray"},
      {"clone-mysql", "--pod-name", "mysql-1", "--parallel", "0"},
      {"clone-mysql", "--pod-name", "mysql-1", "--engine", "rsync"},
      {"clone-mysql", "--pod-name", "mysql-1", "--engine", "mariadb-backup"},
      {"clone-mysql", "--pod-name", "mysql-1", "--engine", "Auto"},
      {"clone-mysql", "--pod-name", "mysql-1", "--engine", ""},
      {"sidecar", "--pod-name", "mysql-1", "--defaults-file", "/etc/my.cnf"},
      {"status", "--pod-name", "mysql-1", "--engine", "auto"},
      {"sidecar", "--pod-name", "mysql-1"},
      {"sidecar", "--pod-name", "mysql-1", "--max-clones", "0"},
      {"status", "--pod-name", "mysql-1", "--output", "yaml"},
      {"status", "--pod-name", "mysql-1", "--all", "--http-listen", "9307"},
      {"doctor", "--pod-name", "mysql-1", "--data-dir", "/no/such/directory"},
      {"doctor", "--pod-name", "mysql-1", "--all"},
      {"pause", "--pod-name", "mysql-1", "--for", "0s"},
      {"pause", "--pod-name", "mysql-1", "--for", "1"},
      {"pause", "--pod-name", "mysql-1", "--data-dir", "/no/such/directory"},
      {"completion"},
      {"completion", "powershell"},
      {"man", "mysql"},
      {"install"},
      {"install", "/no/such/directory"},
      {"install", "/tmp", "/tmp"},
      {"install", "/tmp", "--pod-name", "mysql-1"},
      {"status", "--pod-name", "mysql-1", "--mysql-password-file", "/no/such/file"},
  };
  for (const auto& arguments : bad) {
    std::string command;
    for (const char* argument : arguments) command += std::string(argument) + " ";
    INFO(command);
    const Ran ran = run(arguments);
    CHECK(ran.exit_code == 2);
    CHECK(ran.out.empty());
    const auto lines = lines_of(ran.error);
    REQUIRE(lines.size() == 2);
    CHECK_THAT(lines[0], Catch::StartsWith("error: ") && !Catch::EndsWith("error: "));
    CHECK_THAT(lines[1], Catch::StartsWith("hint: "));
    CHECK(lines[1].size() > 6);
  }
}

TEST_CASE("install needs a directory, and no pod") {
  const TempDir dir;
  const ScopedEnv pod("POD_NAME", "no pod of a set");
  const std::string path = dir.path().string();
  const Ran ran = run({"install", path.c_str()});
  CHECK(ran.exit_code == 0);
  CHECK(ran.out.empty());
  CHECK_THAT(ran.error, Catch::Contains("install: installed the program file=" + path + "/mysql-agent"));
  CHECK(std::filesystem::exists(dir / "mysql-agent"));
}

TEST_CASE("an engine that is not known is named, with those that are") {
  for (const char* subcommand : {"clone-mysql", "sidecar"}) {
    const Ran ran = run({subcommand, "--pod-name", "mysql-1", "--insecure", "--engine", "rsync"});
    CHECK(ran.exit_code == 2);
    CHECK_THAT(ran.error, Catch::Contains("--engine: 'rsync' is none of auto, xtrabackup, clone-plugin"));
  }
  const ScopedEnv engine("MYSQL_AGENT_ENGINE", "plugin");
  CHECK_THAT(run({"clone-mysql", "--pod-name", "mysql-1", "--insecure"}).error, Catch::Contains("'plugin' is none of"));
}

TEST_CASE("each engine is taken, with what it needs") {
  const TempDir dir;
  const std::string password_file = (dir / "password").string();
  write_text(password_file, "pw");
  for (const char* engine : {"auto", "xtrabackup", "clone-plugin"}) {
    const Ran ran =
        run({"clone-mysql", "--pod-name", "mysql-1", "--insecure", "--engine", engine, "--clone-user", "cloner",
             "--clone-password-file", password_file.c_str(), "--defaults-file", "/etc/my.cnf", "--data-dir",
             "/no/such/directory", "--listen", nobodys_host, "--http-listen", nobodys_address});
    CHECK(ran.exit_code == 2);
    // It got past the flags.
    CHECK_THAT(ran.error, Catch::Contains("/no/such/directory") && !Catch::Contains("--engine"));
  }
}

TEST_CASE("exactly one security mode must be chosen, with all that belongs to it") {
  const std::vector<std::vector<const char*>> none_or_two{
      {},
      {"--insecure", "--clone-secret-file", "/s"},
      {"--insecure", "--tls-cert", "/c", "--tls-key", "/k", "--tls-ca", "/a"},
      {"--insecure", "--tls-ca", "/a"},
      {"--clone-secret-file", "/s", "--tls-cert", "/c", "--tls-key", "/k", "--tls-ca", "/a"},
  };
  const std::vector<std::vector<const char*>> halves{
      {"--tls-cert", "/c"}, {"--tls-cert", "/c", "--tls-key", "/k"}, {"--tls-ca", "/a"}};
  for (const char* subcommand : {"clone-mysql", "sidecar"}) {
    const auto with = [&](std::vector<const char*> flags) {
      flags.insert(flags.begin(), {subcommand, "--pod-name", "mysql-1"});
      return run(flags);
    };
    for (const auto& flags : none_or_two) {
      const Ran ran = with(flags);
      CHECK(ran.exit_code == 2);
      CHECK_THAT(ran.error, Catch::Contains(flags.empty() ? "error: no security mode was chosen"
                                                          : "error: more than one security mode was chosen"));
      CHECK_THAT(
          ran.error,
          Catch::Contains(
              "hint: choose one for all pods: --clone-secret-file, or --tls-cert with --tls-key and --tls-ca, or"));
    }
    for (const auto& flags : halves) {
      const Ran ran = with(flags);
      CHECK(ran.exit_code == 2);
      CHECK_THAT(ran.error, Catch::Contains("error: --tls-cert, --tls-key and --tls-ca belong together"));
    }
  }
}

TEST_CASE("an address without a port is a usage error") {
  for (const char* subcommand : {"clone-mysql", "sidecar"}) {
    const Ran ran = run({subcommand, "--pod-name", "mysql-1", "--insecure", "--http-listen", "9307"});
    CHECK(ran.exit_code == 2);
    CHECK_THAT(ran.error, Catch::Contains("error: --http-listen '9307'"));
  }
}

TEST_CASE("a data directory that is not there is a usage error with its path") {
  const Ran ran = run({"clone-mysql", "--pod-name", "mysql-1", "--insecure", "--data-dir", "/no/such/directory",
                       "--listen", nobodys_host, "--http-listen", nobodys_address});
  CHECK(ran.exit_code == 2);
  CHECK_THAT(ran.error, Catch::Contains("/no/such/directory"));
}

TEST_CASE("a password file that is not there is a usage error with its path") {
  for (const char* subcommand : {"clone-mysql", "sidecar"}) {
    const Ran ran = run({subcommand, "--pod-name", "mysql-1", "--insecure", "--clone-password-file", "/no/such/file"});
    CHECK(ran.exit_code == 2);
    CHECK_THAT(ran.error, Catch::Contains("/no/such/file"));
  }
}

TEST_CASE("a flag goes before its variable, and that before the default") {
  const InitDirs dirs;
  std::vector<const char*> arguments = dirs.arguments();
  const ScopedEnv pod("POD_NAME", "mysql-7");
  REQUIRE(run(arguments).exit_code == 0);
  CHECK(dirs.server_id() == "server-id=107\n");
  const ScopedEnv base("MYSQL_AGENT_SERVER_ID_BASE", "500");
  REQUIRE(run(arguments).exit_code == 0);
  CHECK(dirs.server_id() == "server-id=507\n");
  arguments.insert(arguments.end(), {"--server-id-base", "900", "--pod-name", "mysql-1"});
  REQUIRE(run(arguments).exit_code == 0);
  CHECK(dirs.server_id() == "server-id=901\n");
}

TEST_CASE("of a flag that is said twice the last counts") {
  const InitDirs dirs;
  std::vector<const char*> arguments = dirs.arguments();
  arguments.insert(arguments.end(), {"--pod-name", "mysql-1", "--server-id-base", "200", "--server-id-base", "300"});
  REQUIRE(run(arguments).exit_code == 0);
  CHECK(dirs.server_id() == "server-id=301\n");
}

TEST_CASE("a bad variable is a usage error as the bad flag is") {
  const InitDirs dirs;
  const ScopedEnv pod("POD_NAME", "mysql-7");
  const ScopedEnv base("MYSQL_AGENT_SERVER_ID_BASE", "many");
  const Ran ran = run(dirs.arguments());
  CHECK(ran.exit_code == 2);
  CHECK_THAT(ran.error, Catch::Contains("'many'"));
}

TEST_CASE("an error stands in the termination log too, where the file exists") {
  const TempDir dir;
  const std::string log = (dir / "termination-log").string();
  const std::vector<const char*> arguments{"init-mysql", "--pod-name", "mysql", "--termination-log", log.c_str()};
  CHECK(run(arguments).exit_code == 2);
  CHECK_FALSE(std::filesystem::exists(log));
  write_text(log,
             "what the container before it said, and that was rather long: longer than any error of ours could ever "
             "be, or so one hopes, "
             "and then a good deal more of it, so that nothing of it may be left at the end of the file when it is "
             "written over");
  const Ran ran = run(arguments);
  CHECK(ran.exit_code == 2);
  CHECK(read_text(log) == ran.error);
  CHECK(lines_of(ran.error).size() == 2);
}

TEST_CASE("the log goes to stderr in the format that was asked for") {
  const InitDirs dirs;
  std::vector<const char*> arguments = dirs.arguments();
  arguments.insert(arguments.end(), {"--pod-name", "mysql-1", "--log-format", "json"});
  const Ran json = run(arguments);
  CHECK(json.out.empty());
  CHECK_THAT(json.error, Catch::StartsWith("{\"time\":\"") && Catch::Contains("\"component\":\"init-mysql\"") &&
                             Catch::Contains("\"server_id\":101"));
  arguments.back() = "text";
  CHECK_THAT(run(arguments).error,
             Catch::Contains(" info init-mysql: wrote the server's options pod=mysql-1 role=replica server_id=101"));
  arguments.insert(arguments.end(), {"--log-level", "error"});
  CHECK(run(arguments).error.empty());
}

TEST_CASE("a misspelt subcommand and a misspelt variable are told with the right word") {
  const Ran subcommand = run({"statsu"});
  CHECK(subcommand.exit_code == static_cast<int>(ExitCode::usage));
  CHECK_THAT(subcommand.error, Catch::Contains("error: there is no subcommand 'statsu'") &&
                                   Catch::Contains("hint: did you mean mysql-agent status?"));
  const Ran flag = run({"sidecar", "--pod-name", "mysql-1", "--max-lga=5s"});
  CHECK_THAT(flag.error, Catch::Contains("error: mysql-agent sidecar has no flag --max-lga") &&
                             Catch::Contains("hint: did you mean --max-lag? see mysql-agent sidecar --help"));
  ::setenv("MYSQL_AGENT_MAX_LAGG", "5s", 1);
  const Ran variable = run({"sidecar", "--pod-name", "mysql-1"});
  ::unsetenv("MYSQL_AGENT_MAX_LAGG");
  CHECK_THAT(variable.error, Catch::Contains("variable=MYSQL_AGENT_MAX_LAGG did_you_mean=MYSQL_AGENT_MAX_LAG"));
}

TEST_CASE("a duration without a unit is told which one it may have") {
  CHECK_THAT(run({"sidecar", "--pod-name", "mysql-1", "--max-lag", "5"}).error,
             Catch::Contains("'5' needs a unit, like 5s"));
}

TEST_CASE("the help stands in groups, and no flag's text needs another flag's") {
  const std::string all = run({"--help"}).out;
  std::size_t at = 0;
  for (const char* line : {"Containers of a pod:", "  sidecar ", "For people, in a container of a pod:", "  pause ",
                           "For a shell:", "  completion "}) {
    INFO(line);
    const std::size_t next = all.find(line, at);
    REQUIRE(next != std::string::npos);
    at = next;
  }
  const std::string status = run({"status", "--help"}).out;
  CHECK(status.find("The subcommand:\n  --all") < status.find("The pod and its set:\n  --pod-name"));
  for (const FlagDescription& each : describe_flags()) {
    INFO(each.flag << " " << each.help);
    CHECK_FALSE(each.group.empty());
    CHECK_FALSE(each.help.starts_with("its "));
  }
}
