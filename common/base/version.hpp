#pragma once

#include <string>

namespace mysql_agent {

/// This program's version, like `0.1.0`.
const std::string& agent_version();

/// The commit that the program was built from, twelve digits, and `+` where files were changed since; empty: unknown.
const std::string& agent_commit();

/// The agent's name in the HTTP headers User-Agent and Server: `mysql-agent/` and the version.
const std::string& agent_product();

}  // namespace mysql_agent
