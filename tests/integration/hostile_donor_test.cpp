#include <catch2/catch.hpp>

#include "tests/support/fake_donor.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

struct Case {
  const char* name;
  std::string answer;
  const char* cause;
};

std::vector<Case> hostile_answers() {
  const std::string good = complete_stream();
  const std::string whole = answer_of(good);
  std::vector<Case> cases{
      {"no trailer", chunked_head() + chunk(good) + "0\r\n\r\n", "sent no trailer Clone-Status"},
      {"a trailer without digest",
       chunked_head() + chunk(good) + "0\r\nClone-Status: ok\r\nClone-Bytes: " + std::to_string(good.size()) +
           "\r\n\r\n",
       "sent no trailer Clone-Digest"},
      {"cut in the head", whole.substr(0, 20), "ended before the message did"},
      {"cut in a chunk", whole.substr(0, 3000), "ended before the message did"},
      {"cut before the trailer", chunked_head() + chunk(good), "ended before the message did"},
      {"cut in the trailer", whole.substr(0, whole.size() - 10), "ended before the message did"},
      {"a wrong digest", answer_of(good, {"ok", "", "xxh3-128=00000000000000000000000000000000"}), "has the digest"},
      {"a wrong number of bytes", answer_of(good, {"ok", "17", ""}), "sent 17 bytes"},
      {"a status that is not ok", answer_of(good, {"mariadb-backup ended with exit code 1", "", ""}),
       "could not finish the clone: mariadb-backup"},
      {"a status ahead of the stream",
       "HTTP/1.1 200 OK\r\nContent-Type: application/x-xbstream\r\nClone-Status: ok\r\n" +
           whole.substr(whole.find("Transfer")),
       "ahead of the stream"},
      {"a wrong CRC", answer_of(StreamBuilder().payload("ibdata1", 0, "data", 1).end("ibdata1").bytes()), "CRC32"},
      {"a path with ..", answer_of(StreamBuilder().file("../../evil", "x").bytes()),
       "is absolute, leaves the directory"},
      {"a path with .. inside", answer_of(StreamBuilder().file("a/../../evil", "x").bytes()),
       "is absolute, leaves the directory"},
      {"an absolute path", answer_of(StreamBuilder().file("/tmp/evil", "x").bytes()),
       "is absolute, leaves the directory"},
      {"the agent's own directory", answer_of(StreamBuilder().file(".mysql-agent/state.json", "{}").bytes()),
       "is not allowed"},
      {"an option file of the client", answer_of(StreamBuilder().file(".my.cnf", "x").bytes()), "at its top"},
      {"persisted variables", answer_of(StreamBuilder().file("./mysqld-auto.cnf", "{}").bytes()), "at its top"},
      {"an identity", answer_of(StreamBuilder().file("auto.cnf", "x").bytes()), "at its top"},
      {"a source", answer_of(StreamBuilder().file("master.info", "x").bytes()), "at its top"},
      {"a file that gets such a name",
       answer_of(StreamBuilder().file("mysql/x", "x").rename("mysql/x", "master.info").bytes()), "at its top"},
      {"an empty stream", answer_of(""), "the stream is empty"},
      {"a stream cut between two chunks", answer_of(StreamBuilder().payload("ibdata1", 0, "data").bytes()),
       "ends before the file 'ibdata1' does"},
      {"a stream cut inside a chunk", answer_of(good.substr(0, good.size() - 3)), "ends inside a chunk"},
      {"a stream without the tool's metadata", answer_of(StreamBuilder().file("ibdata1", "x").bytes()),
       "has no xtrabackup_checkpoints"},
      {"no stream at all", answer_of("hello, this is no stream"), "no chunk begins where one should"},
      {"another content", with_length("{}"), "did not send an xbstream"},
      {"a stream without chunks",
       "HTTP/1.1 200 OK\r\nContent-Type: application/x-xbstream\r\nContent-Length: " + std::to_string(good.size()) +
           "\r\n\r\n" + good,
       "did not send the stream in chunks"},
      {"a header without end", "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x'), "not proper HTTP"},
      {"no HTTP", "SSH-2.0-nothing\r\n\r\n", "not proper HTTP"},
      {"a chunk size beyond any stream", chunked_head() + "fffffffffffffffffff\r\n", "not proper HTTP"},
      {"a stall before the head", std::string(1, '\0'), "the transfer stalled"},
      {"a stall in the stream", whole.substr(0, 3000) + '\0', "the transfer stalled"},
      {"a stall before the trailer", chunked_head() + chunk(good) + '\0', "the transfer stalled"},
  };
  return cases;
}

}  // namespace

TEST_CASE("a donor that lies, breaks or stalls is refused, with its cause, and the next start recovers",
          "[stream][family]") {
  TestSet set(GENERATE(Security::secret, Security::insecure));
  set.start_pod(0);
  set.make_rows(100);
  REQUIRE(set.init(1).exit_code == 0);
  // The hostile donor has the pod's address. At the end the real donor gets this address back.
  set.stop_sidecar(0);
  for (const Case& hostile : hostile_answers()) {
    INFO(hostile.name);
    const std::string donor = with_length(fit_donor("mysql-0", Role::primary, set.kind().version()));
    const RawServer server(TestSet::address(0), set.clone_port(), answers_of(donor, hostile.answer), set.tls());
    const Ran refused = set.clone(1, {"--donor-wait", "500ms", "--stall-timeout", "1s"});
    INFO(refused.output);
    CHECK(refused.exit_code == 1);
    CHECK_THAT(refused.output, Catch::Contains(hostile.cause));
    CHECK_THAT(refused.output, Catch::Contains("\nhint: "));
    set.expect_nothing_published(1);
  }
  CHECK_FALSE(std::filesystem::exists("/tmp/evil"));
  CHECK_FALSE(std::filesystem::exists(set.dir(1) / "evil"));

  SECTION("a stream that is complete and cannot be prepared is not published either") {
    const std::string donor = with_length(fit_donor("mysql-0", Role::primary, set.kind().version()));
    {
      const RawServer server(TestSet::address(0), set.clone_port(), answers_of(donor, answer_of(complete_stream())),
                             set.tls());
      const Ran refused = set.clone(1, {"--donor-wait", "500ms"});
      INFO(refused.output);
      CHECK(refused.exit_code == 1);
      CHECK_THAT(refused.output, Catch::Contains("the prepare of the clone ended with exit code"));
      set.expect_nothing_published(1);
    }
  }
  SECTION("a copy that names a library to load is not prepared") {
    const std::string stream =
        complete_stream() + StreamBuilder().file_anew("backup-my.cnf", "[mysqld]\nplugin_load=evil=evil.so\n").bytes();
    const std::string donor = with_length(fit_donor("mysql-0", Role::primary, set.kind().version()));
    const RawServer server(TestSet::address(0), set.clone_port(), answers_of(donor, answer_of(stream)), set.tls());
    const Ran refused = set.clone(1, {"--donor-wait", "500ms"});
    INFO(refused.output);
    CHECK(refused.exit_code == 1);
    CHECK_THAT(refused.output, Catch::Contains("needs the plugin evil") && Catch::Contains("do not load it"));
    set.expect_nothing_published(1);
  }
  set.start_sidecar(0);
  set.wait_ready(0);
  set.start_pod(1);
  set.expect_same_rows(1);
}

TEST_CASE("a donor of another series, or one that answers nonsense, is not asked for a clone", "[stream][family]") {
  TestSet set;
  REQUIRE(set.init(1).exit_code == 0);
  std::string answer = with_length("{\"protocol\": 2}");
  std::string cause = "the answer is not a donor's";
  SECTION("another protocol") {}
  SECTION("no JSON") {
    answer = with_length("<html>");
  }
  SECTION("another pod's name") {
    answer = with_length(fit_donor("mysql-5", Role::primary, set.kind().version()));
    cause = "it says that it is the pod mysql-5";
  }
  SECTION("another series") {
    answer = with_length(fit_donor("mysql-0", Role::primary, {Flavour::mariadb, 12, 3, 1}));
    cause = "its server is mariadb 12.3.1, and the tool here is for mariadb " + set.kind().version().series();
  }
  const RawServer server(
      TestSet::address(0), set.clone_port(),
      [&](const std::string& target) {
        CHECK_FALSE(target.starts_with("/v1/clone"));
        return answer;
      },
      set.tls());
  const Ran refused = set.clone(1, {"--donor-wait", "500ms"});
  INFO(refused.output);
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.output, Catch::Contains(cause));
}
