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

// Tests run beside one another, and stop and start what listens: in a network of its own no other test's connection
// takes the port meanwhile.
struct OwnNetwork : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;

  void testRunStarting(const Catch::TestRunInfo&) override {
    if (::unshare(CLONE_NEWNET) != 0) {
      if (errno == EPERM) return;  // a user's own run of some tests
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
