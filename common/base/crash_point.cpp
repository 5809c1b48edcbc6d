#include "common/base/crash_point.hpp"

#include <csignal>
#include <cstdlib>
#include <cstring>

namespace mysql_agent {

void crash_point(const char* name) {
  static const char* const wanted = std::getenv("MYSQL_AGENT_TEST_CRASH_AT");
  if (wanted != nullptr && std::strcmp(wanted, name) == 0) std::raise(SIGKILL);
}

}  // namespace mysql_agent
