#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#define CATCH_CONFIG_EXTERNAL_INTERFACES  // for the listener
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>

#include "tests/support/sockets.hpp"

namespace mysql_agent::test {
namespace {

// Tests run at the same time, and stop and start servers that listen. Each test has a network of its own, so that no
// connection of another test takes a port meanwhile.
struct OwnNetwork : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;

  void testRunStarting(const Catch::TestRunInfo&) override {
    if (::unshare(CLONE_NEWNET) != 0) {
      if (errno == EPERM) return;  // a user without privileges runs some tests
      throw std::runtime_error(std::string("cannot make a network namespace: ") + std::strerror(errno));
    }
    ifreq loopback{};
    std::strcpy(loopback.ifr_name, "lo");
    loopback.ifr_flags = IFF_UP;
    if (::ioctl(tcp_socket().get(), SIOCSIFFLAGS, &loopback) != 0)
      throw std::runtime_error(std::string("cannot bring the loopback device up: ") + std::strerror(errno));
  }
};

}  // namespace

CATCH_REGISTER_LISTENER(OwnNetwork)

}  // namespace mysql_agent::test
