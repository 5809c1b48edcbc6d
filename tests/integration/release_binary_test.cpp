#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "common/base/file.hpp"
#include "tests/support/background.hpp"
#include "tests/support/sockets.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

// A name server that knows one name: `mysql-0.mysql.ns.test` is 127.0.0.10. No other name exists (NXDOMAIN).
class NameServer {
 public:
  explicit NameServer(const std::string& address) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    std::uint16_t port = 53;
    REQUIRE(bind_to(fd_, address, port));
    const timeval patience{0, 50'000};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    thread_ = std::thread([this] {
      while (!stop_) answer_one();
    });
  }
  ~NameServer() {
    stop_ = true;
    thread_.join();
  }

 private:
  void answer_one() {
    char query[512];
    sockaddr_in from{};
    socklen_t from_size = sizeof from;
    const ssize_t n = ::recvfrom(fd_.get(), query, sizeof query, 0, reinterpret_cast<sockaddr*>(&from), &from_size);
    if (n < 17) return;
    const std::string wanted("\x07mysql-0\x05mysql\x02ns\x04test\x00", 23);
    std::string reply(query, static_cast<std::size_t>(n));
    const std::string name = reply.substr(12, reply.find('\0', 12) - 12 + 1);
    const std::size_t question = 12 + name.size() + 4;
    const bool address = reply[question - 3] == 1;  // type A
    reply.resize(question);
    reply[2] = static_cast<char>(0x81);  // an answer
    reply[3] = static_cast<char>(name == wanted ? 0x80 : 0x83);
    reply[7] = name == wanted && address ? 1 : 0;
    reply[9] = reply[11] = 0;
    if (reply[7] == 1) reply += std::string("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x7f\x00\x00\x0a", 16);
    ::sendto(fd_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), from_size);
  }

  Fd fd_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace

TEST_CASE("the release binary is static and under 12 MB", "[once]") {
  CHECK(std::filesystem::file_size(release_binary()) < 12'000'000);
  CHECK_THAT(run_to_end({"ldd", release_binary()}).output, Catch::Contains("not a dynamic executable"));
}

TEST_CASE("the release binary runs in a root directory that holds nothing else, and resolves names there", "[once]") {
  // Only root may call chroot, and listen on port 53.
  if (::geteuid() != 0) FAIL("this test needs root");
  const TempDir root;
  std::filesystem::copy_file(release_binary(), root / "mysql-agent");
  std::filesystem::create_directories(root / "data");
  // A pod's resolv.conf as Kubernetes makes it: names with few dots go through a search list.
  write_text(root / "etc/resolv.conf",
             "nameserver 127.0.0.153\nsearch ns.test\noptions ndots:5 timeout:1 attempts:1\n");
  const auto ask = [&](const std::string& pod) {
    return run_to_end({"chroot", root.path(), "/mysql-agent", "clone-mysql", "--pod-name", pod, "--data-dir", "/data",
                       "--donor-wait", "10ms", "--peers-above", "0", "--insecure", "--listen", "127.0.0.1",
                       "--http-listen", "127.0.0.1:" + std::to_string(free_port())});
  };
  SECTION("by DNS with a search list") {
    const NameServer server("127.0.0.153");
    const Ran ran = ask("mysql-1");
    INFO(ran.output);
    CHECK(ran.exit_code == 1);
    // A refused connection shows that the name was found.
    CHECK_THAT(ran.output, Catch::Contains("mysql-0.mysql: cannot connect to mysql-0.mysql:3307: Connection refused"));
  }
  SECTION("a name that does not exist is no peer, and a primary that finds itself may start") {
    const NameServer server("127.0.0.153");
    const Ran ran = ask("mysql-0");
    INFO(ran.output);
    CHECK(ran.exit_code == 0);
    CHECK_THAT(ran.output, Catch::Contains("left the empty directory to the image's entrypoint"));
  }
  SECTION("no name server: nothing is sure, so a primary waits") {
    const Ran ran = ask("mysql-0");
    INFO(ran.output);
    CHECK(ran.exit_code == 1);
    CHECK_THAT(ran.output, Catch::Contains("DNS cannot be trusted"));
  }
  SECTION("by its hosts file") {
    write_text(root / "etc/hosts", "127.0.0.10 mysql-0.mysql\n");
    write_text(root / "etc/nsswitch.conf", "hosts: files\n");
    const Ran ran = ask("mysql-1");
    INFO(ran.output);
    CHECK(ran.exit_code == 1);
    CHECK_THAT(ran.output, Catch::Contains("mysql-0.mysql: cannot connect to mysql-0.mysql:3307: Connection refused"));
  }
}
