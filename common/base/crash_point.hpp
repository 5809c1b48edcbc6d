#pragma once

namespace mysql_agent {

/// Names the moment between two durable steps. If the environment has MYSQL_AGENT_TEST_CRASH_AT=<name>, the process
/// gets SIGKILL here, as it would on a node that dies. The tests reach each of these moments in this way.
/// CONTRIBUTING.md lists the names.
void crash_point(const char* name);

}  // namespace mysql_agent
