#include "agent/cli/nearest_word.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;

TEST_CASE("a misspelt word is recognised by up to two letters") {
  const std::vector<std::string> known{"status", "sidecar", "MYSQL_AGENT_MAX_LAG", "MYSQL_AGENT_MAX_RATE"};
  CHECK(nearest_word("statsu", known) == "status");
  CHECK(nearest_word("stats", known) == "status");
  CHECK(nearest_word("side-car", known) == "sidecar");
  CHECK(nearest_word("MYSQL_AGENT_MAX_LAGG", known) == "MYSQL_AGENT_MAX_LAG");
  CHECK(nearest_word("MYSQL_AGENT_MAXLAG", known) == "MYSQL_AGENT_MAX_LAG");
  CHECK(nearest_word("status", known).empty());
  CHECK(nearest_word("restore", known).empty());
  // Kubernetes sets such variables for a Service with the name mysql-agent.
  CHECK(nearest_word("MYSQL_AGENT_SERVICE_HOST", known).empty());
  CHECK(nearest_word("", known).empty());
}
