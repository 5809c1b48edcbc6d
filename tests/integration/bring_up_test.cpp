#include <unistd.h>

#include <catch2/catch.hpp>

#include "common/base/file.hpp"
#include "common/volume/data_dir.hpp"
#include "tests/support/kubelet.hpp"
#include "tests/support/raw_peer.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

TEST_CASE("three pods come up, replicate from pod 0, and hand their data on") {
  TestSet set;
  set.start_pod(0);
  set.make_rows(200);
  set.start_pod(1);
  set.start_pod(2);
  CHECK(set.value(0, "SELECT @@server_id") == "100");
  CHECK(set.value(1, "SELECT @@server_id") == "101");
  CHECK(set.value(2, "SELECT @@server_id") == "102");
  CHECK(set.value(0, "SELECT @@read_only") == "0");
  CHECK(set.value(1, "SELECT @@read_only") == "1");
  CHECK_THAT(read_text(set.state_file(1)), Catch::Contains("\"donor\": \"mysql-0\""));
  CHECK_THAT(read_text(set.state_file(2)), Catch::Contains("\"donor\": \"mysql-1\""));
  set.make_rows(100);
  set.expect_same_rows(1);
  set.expect_same_rows(2);

  INFO("a donor says what it is");
  {
    const HttpAnswer donor = set.ask_donor(1);
    CHECK(donor.status == 200);
    CHECK_THAT(donor.body, Catch::Contains("\"fit\": true"));
  }

  INFO("running everything again changes nothing");
  {
    const std::string state = read_text(set.state_file(2));
    const std::string rows = set.fingerprint(2);
    std::map<std::string, std::string> options;
    for (const std::string& name : list_directory(set.dir(2) / "conf.d"))
      options[name] = read_text(set.dir(2) / "conf.d" / name);
    CHECK(options.size() == 3);
    const std::string binlog = set.logged(0);
    set.stop_pod(2);
    set.stop_sidecar(0);
    set.start_sidecar(0);
    set.wait_ready(0);
    set.start_pod(2);
    CHECK(read_text(set.state_file(2)) == state);
    CHECK(set.fingerprint(2) == rows);
    for (const auto& [name, text] : options) CHECK(read_text(set.dir(2) / "conf.d" / name) == text);
    CHECK(set.logged(0) == binlog);
  }
  INFO("status says it to people and to programs, and its exit code whether the pod is ready");
  {
    const Ran table = set.status(2);
    CHECK(table.exit_code == 0);
    CHECK_THAT(table.output, Catch::Contains("cloned from  mysql-1 at " + set.gtid_prefix(0)));
    CHECK_THAT(table.output, Catch::Contains("SQL thread   running"));
    const Ran json = set.status(2, {"--output", "json"});
    CHECK_THAT(json.output, Catch::Contains("\"ready\": true"));
    CHECK_THAT(json.output, Catch::Contains("\"source_host\": \"127.0.0.10\""));
    set.stop_server(2);
    // It is the sidecar's verdict, as of its latest look.
    CHECK(eventually(std::chrono::seconds(5), [&] { return set.status(2).exit_code == 1; }));
  }
}

TEST_CASE("the pods of a set may begin all at once, a new set's and one's that lost its primary", "[family]") {
  TestSet set;
  const auto wait_until_it_says = [&](int ordinal, const std::string& text) {
    REQUIRE(eventually(std::chrono::seconds(30), [&] {
      try {
        return set.ask_donor(ordinal).body.find(text) != std::string::npos;
      } catch (const Error&) {
        return false;
      }
    }));
  };
  const auto begin_empty = [&](int ordinal) {
    REQUIRE(set.init(ordinal).exit_code == 0);
    std::unique_ptr<Background> clone(new Background(set.begin_clone(ordinal, {"--donor-wait", "2m"})));
    wait_until_it_says(ordinal, "\"empty\": true");
    return clone;
  };
  const auto end = [&](int ordinal, Background& clone) {
    const auto code = clone.wait(std::chrono::seconds(90));
    INFO(clone.output());
    REQUIRE(code == 0);
    set.start_containers(ordinal);
    set.expect_same_rows(ordinal);
  };
  const auto one = begin_empty(1);
  const auto two = begin_empty(2);
  REQUIRE(set.init(0).exit_code == 0);
  const Ran first = set.clone(0);
  INFO(first.output);
  REQUIRE(first.exit_code == 0);
  CHECK_THAT(first.output, Catch::Contains("so are all other pods: mysql-1, mysql-2"));
  set.start_containers(0);
  set.make_rows(100);
  end(1, *one);
  end(2, *two);
  const std::string rows = set.fingerprint(0);

  for (const int ordinal : {0, 2}) {
    set.stop_pod(ordinal);
    std::filesystem::remove_all(set.data(ordinal));
  }
  const auto again = begin_empty(2);
  {
    INFO("an empty pod that has seen data, and nobody else: that is not a new set");
    wait_until_it_says(2, "\"knows_of_data\": true");
    set.stop_pod(1, SIGKILL);
    const Ran waited = set.clone(0, {"--donor-wait", "2s"});
    INFO(waited.output);
    CHECK(waited.exit_code == 1);
    CHECK_THAT(waited.output, Catch::Contains("mysql-1 has data at ") && Catch::Contains(", as mysql-2 saw"));
    CHECK(list_directory(set.data(0)) == std::vector<std::string>{".mysql-agent"});
    set.start_server(1);
    set.start_sidecar(1);
    wait_until_it_says(1, "\"has_data\": true");
  }
  const Ran recovered = set.clone(0);
  INFO(recovered.output);
  REQUIRE(recovered.exit_code == 0);
  CHECK_THAT(read_text(set.state_file(0)), Catch::Contains("\"donor\": \"mysql-1\""));
  set.start_containers(0);
  CHECK(set.fingerprint(0) == rows);
  end(2, *again);
}

TEST_CASE("the pods of a new set come up in any order, whoever was silent meanwhile", "[family]") {
  TestSet set;
  Kubelet kubelet(set);
  const auto run_until = [&](const std::string& what, const std::function<bool()>& reached) {
    const bool done = eventually(std::chrono::seconds(90), [&] {
      kubelet.look();
      return reached();
    });
    INFO(what << kubelet.logs(0) << kubelet.logs(1) << kubelet.logs(2));
    REQUIRE(done);
  };
  const auto says = [&](int ordinal, const std::string& text) {
    return [&set, ordinal, text] {
      try {
        return set.ask_donor(ordinal).body.find(text) != std::string::npos;
      } catch (const Error&) {
        return false;
      }
    };
  };
  SECTION("all at once, with what 0.1.0 wrote down of each other when they never came up") {
    const SetEvidence silent{.pod = "mysql-2", .data = false, .what = "exists, and did not say what it has: no answer"};
    const auto heard = [](const std::string& pod) {
      return SetEvidence{.pod = pod, .what = "is empty, and knows of data of its set"};
    };
    for (const int ordinal : {0, 1, 2}) std::filesystem::create_directories(set.data(ordinal));
    write_set_evidence({set.data(0)}, "mysql-0", {silent, heard("mysql-1")});
    write_set_evidence({set.data(1)}, "mysql-1", {heard("mysql-0"), heard("mysql-2")});
    write_set_evidence({set.data(2)}, "mysql-2", {heard("mysql-0")});
    for (const int ordinal : {0, 1, 2}) kubelet.start(ordinal);
  }
  SECTION("one after the other, the last one silent until the others have told each other what they know") {
    std::optional<RawServer> deaf(
        std::in_place, TestSet::address(2), set.clone_port(), [](const std::string&) { return std::string("no HTTP"); },
        set.tls(2));
    kubelet.start(1);
    run_until("mysql-1 is empty", says(1, "\"empty\": true"));
    kubelet.start(0);
    run_until("mysql-0 is empty", says(0, "\"empty\": true"));
    kubelet.run_for(std::chrono::seconds(3));
    for (const int ordinal : {1, 0}) {
      kubelet.stop(ordinal, SIGKILL);
      kubelet.start(ordinal);
      kubelet.run_for(std::chrono::seconds(2));
    }
    deaf.reset();
    kubelet.start(2);
  }
  for (const int ordinal : {0, 1, 2})
    run_until("mysql-" + std::to_string(ordinal) + " is ready",
              [&] { return set.probe(ordinal, "/readyz").body == "ok\n"; });
  set.make_rows(100);
  set.expect_same_rows(1);
  set.expect_same_rows(2);
}

TEST_CASE("curl and mbstream can take a clone by hand", "[stream]") {
  TestSet set(GENERATE(Security::insecure, Security::certificates));
  set.start_pods(2);
  const auto target = set.dir(9);
  std::filesystem::create_directories(target);
  const Ran piped =
      run_to_end({"bash", "-o", "pipefail", "-c",
                  set.curl_clone(1) + " | " + set.kind().program("mbstream") + " -x -C " + target.string()});
  INFO(piped.output);
  REQUIRE(piped.exit_code == 0);
  const Ran prepared = run_to_end(
      {set.kind().program("mariadb-backup"), "--no-defaults", "--prepare", "--target-dir=" + target.string()});
  INFO(prepared.output);
  REQUIRE(prepared.exit_code == 0);
  // The server can start on the data: in bootstrap mode it reads SQL from stdin, and ends.
  const Ran started = run_to_end({set.kind().program("mariadbd"), "--no-defaults", "--user=root", "--bootstrap",
                                  "--datadir=" + target.string(), "--tmpdir=" + target.string()});
  INFO(started.output);
  CHECK(started.exit_code == 0);
}

TEST_CASE("a clone under a writer has every row once") {
  TestSet set;
  set.start_pod(0);
  set.make_rows(500);
  int written = 0;
  {
    Writer writer(set);
    set.start_pod(1);
    set.start_pod(2);
    const int before = writer.rows();
    CHECK(eventually(std::chrono::seconds(30), [&] { return writer.rows() > before + 20; }));
    written = writer.stop();
  }
  set.expect_same_rows(1);
  set.expect_same_rows(2);
  CHECK(set.value(2, "SELECT COUNT(*) FROM test.rows_of") == std::to_string(500 + written));
}

TEST_CASE("run as root, clone-mysql gives the files to the owner of the data directory") {
  if (::geteuid() != 0) FAIL("this test needs root");
  TestSet set;
  set.start_pod(0);
  REQUIRE(set.init(1).exit_code == 0);
  std::filesystem::create_directories(set.data(1));
  constexpr uid_t somebody = 12345;
  REQUIRE(::chown(set.data(1).c_str(), somebody, somebody) == 0);
  const Ran cloned = set.clone(1);
  INFO(cloned.output);
  REQUIRE(cloned.exit_code == 0);
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(set.data(1))) {
    INFO(entry.path());
    CHECK(owner_of(entry.path()).uid == somebody);
    CHECK(owner_of(entry.path()).gid == somebody);
    ++files;
  }
  CHECK(files > 20);
}

TEST_CASE("the first data directory has its accounts before a server listens, and no transaction") {
  TestSet set(Security::secret, FirstData::made);
  REQUIRE(set.init(0).exit_code == 0);
  REQUIRE(set.clone(0).exit_code == 0);
  set.start_server(0);
  set.wait_server(0);
  const std::string users =
      "SELECT GROUP_CONCAT(CONCAT(user, '@', host) ORDER BY user, host) FROM mysql.user WHERE user NOT LIKE 'mysql.%' "
      "AND user NOT LIKE 'mariadb.%'";
  const std::string expected = set.kind().is_mysql() ? "clone@%,replication@%,root@localhost"
                                                     : "replication@%,root@127.0.0.1,root@::1,root@localhost";
  const auto as_it_was_made = [&] {
    CHECK(set.value(0, users) == expected);
    CHECK(set.logged(0).empty());
    ServerLogin replication = set.login(0);
    replication.user = "replication";
    replication.password = read_secret_file(set.replication_password_file());
    CHECK_NOTHROW(MysqlClient(replication, std::chrono::seconds(10)));
    CHECK(set.value(0, "SELECT Repl_slave_priv FROM mysql.user WHERE user = 'replication'") == "Y");
    replication.user = "root";
    replication.password = Secret("");
    CHECK_THROWS_AS(MysqlClient(replication, std::chrono::seconds(10)), SqlError);
  };
  as_it_was_made();
  INFO("the sidecar finds nothing to do");
  set.start_sidecar(0);
  set.wait_ready(0);
  if (set.kind().is_mysql()) set.wait_clonable(0);
  as_it_was_made();
}
