#include "common/base/version.hpp"

namespace mysql_agent {

// The build defines it for this file alone: a new version compiles one file anew.
const std::string& agent_version() {
  static const std::string version = MYSQL_AGENT_VERSION;
  return version;
}

const std::string& agent_product() {
  static const std::string product = "mysql-agent/" + agent_version();
  return product;
}

}  // namespace mysql_agent
