#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/support/name_server.hpp"
#include "tests/support/raw_peer.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

// A place in a real donor's answer. Each answer is searched, because two streams are never equal.
struct Place {
  const char* name;
  std::size_t (*find)(const std::string& answer);
};

std::size_t head_end(const std::string& answer) {
  return answer.find("\r\n\r\n") + 4;
}
std::size_t stream_begin(const std::string& answer) {
  return answer.find("\r\n", head_end(answer)) + 2;
}
// The second chunk of the stream. A payload hardly ever has the magic in it.
std::size_t second_chunk(const std::string& answer) {
  return answer.find("XBSTCK01", stream_begin(answer) + 8);
}
std::size_t last_chunk(const std::string& answer) {
  return answer.rfind("\r\n0\r\nClone-Status") + 2;
}

const std::vector<Place> places{
    {"in the status line", [](const std::string&) { return std::size_t{10}; }},
    {"in the content type", [](const std::string& answer) { return answer.find("x-xbstream"); }},
    {"in the size of an HTTP chunk", [](const std::string& answer) { return head_end(answer) + 3; }},
    {"in the magic of a chunk", [](const std::string& answer) { return stream_begin(answer) + 2; }},
    {"in the length of a path", [](const std::string& answer) { return stream_begin(answer) + 10; }},
    {"in a path", [](const std::string& answer) { return stream_begin(answer) + 15; }},
    {"between two chunks", second_chunk},
    {"in a payload", [](const std::string& answer) { return answer.size() / 2; }},
    {"before the trailer", last_chunk},
    {"in the trailer's status",
     [](const std::string& answer) { return answer.find("Clone-Status: ok", last_chunk(answer)) + 14; }},
    {"in the trailer's digest",
     [](const std::string& answer) { return answer.find("xxh3-128=", last_chunk(answer)) + 12; }},
};

enum class Fault { cut, flip, stall };

std::string damaged(std::string answer, const Place& place, Fault fault) {
  const std::size_t at = place.find(answer);
  REQUIRE(at < answer.size());
  switch (fault) {
    case Fault::cut: return answer.substr(0, at);
    case Fault::stall: return answer.substr(0, at) + '\0';  // RawServer takes the NUL byte for a stall
    case Fault::flip: answer[at] = static_cast<char>(answer[at] ^ 0x10); break;
  }
  return answer;
}

// The whole answer of the real donor.
std::string real_answer(const TestSet& set, const std::string& target) {
  RawClient donor(TestSet::address(0), set.clone_port(), "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string all;
  for (std::string part; !(part = donor.read(1 << 20)).empty();) all += part;
  return all;
}

}  // namespace

TEST_CASE(
    "a network that cuts, stalls or flips a byte anywhere in a clone costs a clean error, and nothing is published",
    "[stream][family]") {
  TestSet set(Security::insecure);
  set.start_pod(0);
  set.make_rows(100);
  REQUIRE(set.init(1).exit_code == 0);
  const std::uint16_t proxy_port = free_port();
  const Arguments through_proxy{"--clone-port", std::to_string(proxy_port), "--donor-wait",
                                "300ms",        "--stall-timeout",          "700ms"};
  const auto proxied = [&](const std::string& answer) {
    return std::make_unique<RawServer>(TestSet::address(0), proxy_port, [&set, answer](const std::string& target) {
      return target.starts_with("/v1/clone") ? answer : real_answer(set, target);
    });
  };
  const std::string good = real_answer(set, "/v1/clone");
  for (const Place& place : places)
    for (const Fault fault : {Fault::cut, Fault::flip, Fault::stall}) {
      INFO((fault == Fault::cut ? "cut " : fault == Fault::flip ? "flipped " : "stalled ") << place.name);
      const auto proxy = proxied(damaged(good, place, fault));
      const Ran refused = set.clone(1, through_proxy);
      INFO(refused.output);
      CHECK(refused.exit_code == 1);
      CHECK_THAT(refused.output, Catch::Contains("error: ") && Catch::Contains("\nhint: "));
      set.expect_nothing_published(1);
    }
  // Without a fault a clone through the proxy works.
  const auto proxy = proxied(good);
  const Ran cloned = set.clone(1, through_proxy);
  INFO(cloned.output);
  CHECK(cloned.exit_code == 0);
  set.start_containers(1);
  set.expect_same_rows(1);
}

TEST_CASE("a name that the cluster's DNS denies is no pod, though no other name server can be reached", "[once]") {
  if (::geteuid() != 0) FAIL("this test needs root");
  const TempDir dir;
  write_text(dir / "resolv.conf",
             "nameserver 127.0.0.153\nsearch ns.test more.test\noptions ndots:5 timeout:1 attempts:1\n");
  std::filesystem::create_directories(dir / "data");
  // The name goes through the search list, and at last it is asked as it stands.
  const auto ask = [&] {
    return run_to_end({"unshare",
                       "-m",
                       "bash",
                       "-c",
                       "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"",
                       dir / "resolv.conf",
                       AGENT_BINARY,
                       "clone-mysql",
                       "--pod-name",
                       "mysql-0",
                       "--data-dir",
                       dir / "data",
                       "--donor-wait",
                       "10ms",
                       "--peers-above",
                       "2",
                       "--insecure",
                       "--listen",
                       "127.0.0.1",
                       "--http-listen",
                       "127.0.0.1:" + std::to_string(free_port())});
  };
  for (const NameServer::Code outside : {NameServer::refused, NameServer::server_failure}) {
    INFO("code " << int{outside});
    const NameServer server("127.0.0.153", outside);
    const Ran ran = ask();
    INFO(ran.output);
    CHECK(ran.exit_code == 0);
    CHECK_THAT(ran.output, Catch::Contains("left the empty directory to the image's entrypoint"));
  }
  INFO("DNS that fails says nothing of anybody");
  const NameServer server("127.0.0.153", NameServer::server_failure, NameServer::server_failure);
  const Ran ran = ask();
  INFO(ran.output);
  CHECK(ran.exit_code == 1);
  CHECK_THAT(ran.output, Catch::Contains("mysql-1"));
}
