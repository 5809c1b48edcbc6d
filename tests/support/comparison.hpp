#pragma once

#include <map>
#include <string>

#include "tests/support/test_set.hpp"

namespace mysql_agent::test {

/// What the tables of a pod hold, by name: columns, number of rows, and a checksum of the rows. Without the server's
/// own.
using Tables = std::map<std::string, std::string>;
Tables tables_of(const TestSet& set, int ordinal);

/// In which tables two pods differ, and in what; empty: in none.
std::string difference(const Tables& primary, const Tables& replica);

/// Waits until a replica has executed all that the primary has now. False after `within`. Throws SqlError where one of
/// them does not answer.
bool wait_for_primary(const TestSet& set, int replica, std::chrono::seconds within);

}  // namespace mysql_agent::test
