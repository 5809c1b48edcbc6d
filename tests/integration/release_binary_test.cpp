#include <unistd.h>

#include <catch2/catch.hpp>
#include <regex>

#include "common/base/file.hpp"
#include "tests/support/background.hpp"
#include "tests/support/name_server.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

TEST_CASE("the release binary is static and under 12 MB", "[once]") {
  CHECK(std::filesystem::file_size(release_binary()) < 12'000'000);
  CHECK_THAT(run_to_end({"ldd", release_binary()}).output, Catch::Contains("not a dynamic executable"));
}

TEST_CASE("the release binary names its commit", "[once]") {
  const Ran ran = run_to_end({release_binary(), "--version"});
  INFO(ran.output);
  CHECK(std::regex_match(ran.output, std::regex("mysql-agent [0-9.]+ \\(commit [0-9a-f]{12}\\+?\\)\n")));
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
