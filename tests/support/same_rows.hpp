#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/test_set.hpp"

namespace mysql_agent::test {

/// Runs statements as root on a server that is read-only, in one session. MySQL's is opened for that time.
void write_own(const TestSet& set, int ordinal, const std::vector<std::string>& statements);
/// Adds `count` rows to test.rows_of on a replica, each in a transaction of its own, with the body 'own'.
void write_own_rows(const TestSet& set, int ordinal, int count);
/// How many of these rows a pod has.
std::string own_rows(const TestSet& set, int ordinal);

/// The checksum of each table that is no system table, by its name.
std::map<std::string, std::string> table_checksums(const TestSet& set, int ordinal);
/// The tables of a pod are those of the primary, row by row, once replication has caught up. Nobody may write
/// meanwhile.
void expect_same_tables(const TestSet& set, int ordinal);
/// No GTID stands twice in a pod's binary logs.
void expect_no_gtid_twice(const TestSet& set, int ordinal);

}  // namespace mysql_agent::test
