#pragma once

#include <string>

namespace mysql_agent {

/// This program's version, like `0.1.0`.
const std::string& agent_version();

/// The agent's name in the HTTP headers User-Agent and Server: `mysql-agent/` and the version.
const std::string& agent_product();

}  // namespace mysql_agent
