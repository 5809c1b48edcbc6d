#include "agent/operate/error_help.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace mysql_agent;

TEST_CASE("each error number has one help, with a next step") {
  std::set<int> seen;
  for (const ErrorHelp& help : error_helps())
    for (const int number : help.numbers) {
      INFO(number);
      CHECK(seen.insert(number).second);
      CHECK(help_for(number) == &help);
      CHECK_FALSE(std::string(help.next).empty());
    }
  CHECK(help_for(0) == nullptr);
  CHECK(help_for(1146) == nullptr);
}
