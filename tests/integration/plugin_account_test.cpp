#include <catch2/catch.hpp>

#include "common/base/file.hpp"
#include "common/server/dialect.hpp"
#include "common/server/option_file.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

// Makes a first data directory as the image's entrypoint does. A server that nobody else can reach sets root's
// password.
void make_data_as_an_entrypoint(TestSet& set, const Arguments& options) {
  REQUIRE(set.init(0).exit_code == 0);
  std::filesystem::create_directories(set.data(0));
  const Ran made = run_to_end(set.kind().command(
      {"mysqld", "--no-defaults", "--user=root", "--initialize-insecure", "--datadir=" + set.data(0).string(),
       "--tmpdir=" + (set.dir(0) / "tmp").string(), "--secure-file-priv=NULL", "--innodb-redo-log-capacity=16M"}));
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  // clone-mysql does this where it leaves an empty directory to the entrypoint.
  const std::filesystem::path conf = set.dir(0) / "conf.d" / option_files::agent;
  write_text(conf, without_super_read_only(read_text(conf)));
  set.start_server(0, options);
  ServerLogin by_socket;
  by_socket.socket = set.dir(0) / "s";
  REQUIRE(eventually(std::chrono::seconds(60), [&] {
    try {
      MysqlClient(by_socket, std::chrono::seconds(10)).execute(set_root_password(Secret(awkward_password())));
      return true;
    } catch (const Error&) {
      return false;
    }
  }));
}

std::string clone_account(const TestSet& set, const std::string& column) {
  return set.value(0, "SELECT " + column + " FROM mysql.user WHERE User = 'clone' AND Host = '%'");
}

}  // namespace

TEST_CASE(
    "on data that an entrypoint made the primary's sidecar makes the plugin's account, installs the plugin, and keeps "
    "both right",
    "[plugin]") {
  TestSet set;
  const std::string log = set.dir(0) / "general.log";
  make_data_as_an_entrypoint(set, {"--general-log=1", "--general-log-file=" + log});
  // The sidecar is killed after it has created each of its two accounts, and before it grants the privilege.
  for (const char* account : {"replication", "clone"}) {
    INFO(account);
    set.start_sidecar(0, {"--log-level", "debug"}, {"MYSQL_AGENT_TEST_CRASH_AT=account.created"});
    CHECK(set.sidecar(0).wait(std::chrono::seconds(30)) == 128 + SIGKILL);
    CHECK(set.value(0, std::string("SELECT COUNT(*) FROM mysql.user WHERE User = '") + account + "'") == "1");
  }
  const std::string granted = "SELECT COUNT(*) FROM mysql.global_grants WHERE USER = 'clone' AND PRIV = 'BACKUP_ADMIN'";
  CHECK(set.value(0, granted) == "0");
  set.start_sidecar(0, {"--log-level", "debug"});
  set.wait_ready(0);
  set.wait_clonable(0);
  CHECK(set.value(0, granted) == "1");

  set.make_rows(200);
  Writer writer(set);
  set.start_pod(1);
  CHECK_THAT(read_text(set.state_file(1)), Catch::Contains("\"engine\": \"clone-plugin\""));
  writer.stop();
  set.expect_same_rows(1);

  const std::string first = read_text(set.clone_password_file());
  const std::string second = "c'h\"a\\n %g;#=ged";
  const std::string before = clone_account(set, "authentication_string");
  write_text(set.clone_password_file(), second);
  set.stop_sidecar(0);
  set.start_sidecar(0, {"--log-level", "debug"});
  CHECK(eventually(std::chrono::seconds(30), [&] { return clone_account(set, "authentication_string") != before; }));
  set.wait_ready(0);
  set.make_rows(10);
  set.expect_same_rows(1);  // pod 1 has the rows, and so the account
  set.start_pod(2);
  set.expect_same_rows(2);
  // If all is as it should be, the sidecar writes nothing.
  const std::string changed = clone_account(set, "authentication_string");
  set.stop_sidecar(0);
  const std::string executed = set.logged(0);
  set.start_sidecar(0, {"--log-level", "debug"});
  set.wait_ready(0);
  set.wait_clonable(0);
  CHECK(set.logged(0) == executed);
  CHECK(clone_account(set, "authentication_string") == changed);

  CHECK_THAT(read_text(log), Catch::Contains("GRANT BACKUP_ADMIN"));
  for (const std::string& secret : {first, second, std::string("n %e;#="), std::string("n %g;#=")})
    for (const std::string& text : {read_text(log), set.sidecar(0).output(), set.sidecar(1).output(),
                                    set.sidecar(2).output(), read_text(set.state_file(1))})
      CHECK(text.find(secret) == std::string::npos);
}

TEST_CASE("a server that has no file of the clone plugin is a good primary, and says why it cannot be cloned by it",
          "[plugin]") {
  TestSet set;
  const std::filesystem::path no_plugins = set.dir(9);
  std::filesystem::create_directories(no_plugins);
  for (const char* role : {"primary.cnf", "replica.cnf"})
    write_text(set.config_map() / role, "[mysqld]\nplugin_dir=" + no_plugins.string() + "\n");
  REQUIRE(set.init(0).exit_code == 0);
  const Ran made = set.clone(0);
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  CHECK_THAT(made.output, Catch::Contains("made a first data directory without the clone plugin"));
  set.start_containers(0);
  CHECK(eventually(std::chrono::seconds(20), [&] {
    return set.sidecar(0).output().find("went on without the clone plugin error=") != std::string::npos;
  }));
  set.wait_ready(0);
  CHECK_THAT(set.ask_donor(0).body, Catch::Contains("the clone plugin is not installed on its server"));
  INFO("and it is installed as soon as there is one");
  for (const char* role : {"primary.cnf", "replica.cnf"}) write_text(set.config_map() / role, "[mysqld]\n");
  set.stop_pod(0);
  set.start_pod(0);
  set.wait_clonable(0);
  set.make_rows(10);
  set.start_pod(1);
  set.expect_same_rows(1);
}
