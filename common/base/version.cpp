#include "common/base/version.hpp"

namespace mysql_agent {

// The build defines MYSQL_AGENT_VERSION and MYSQL_AGENT_COMMIT for this file alone, so that a new version compiles one
// file again.
const std::string& agent_version() {
  static const std::string version = MYSQL_AGENT_VERSION;
  return version;
}

const std::string& agent_commit() {
  static const std::string commit = MYSQL_AGENT_COMMIT;
  return commit;
}

const std::string& agent_product() {
  static const std::string product = "mysql-agent/" + agent_version();
  return product;
}

}  // namespace mysql_agent
