#pragma once

namespace mysql_agent {

/// Names a step between two durable acts. Where the environment says MYSQL_AGENT_TEST_CRASH_AT=<name> the process
/// gets SIGKILL right here, as from a node that dies; that is how the tests reach each of these moments.
void crash_point(const char* name);

}  // namespace mysql_agent
