#include "common/server/mariadb_gtid.hpp"

#include "tests/support/error_of.hpp"

using namespace mysql_agent;

namespace {
MariadbGtidList gtids(const char* text) {
  return MariadbGtidList::parse(text);
}
}  // namespace

TEST_CASE("a MariaDB GTID position is read and written back") {
  CHECK(gtids("").empty());
  CHECK(gtids(" \n").empty());
  CHECK(gtids("0-100-5").text() == "0-100-5");
  CHECK(gtids("7-100-12, 0-100-5\n").text() == "0-100-5,7-100-12");
  CHECK(gtids("4294967295-4294967295-18446744073709551615").text() == "4294967295-4294967295-18446744073709551615");
}

TEST_CASE("of several MariaDB GTIDs in one domain the highest counts") {
  CHECK(gtids("0-100-5,0-101-7").text() == "0-101-7");
  CHECK(gtids("0-101-7,0-100-5").text() == "0-101-7");
}

TEST_CASE("what is no MariaDB GTID position is refused with its text") {
  for (const char* text :
       {"0", "0-100", "0-100-", "-100-5", "0-100-5-6", "0-100-5,", ",0-100-5", "0-100-5,,1-1-1", "0-100-x", "0 -100-5",
        "4294967296-1-1", "0-1-18446744073709551616", "3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5"}) {
    INFO(text);
    const Error error = test::error_of([&] { gtids(text); });
    CHECK(error.code() == ExitCode::failed);
    CHECK_THAT(error.what(), Catch::Contains(text));
  }
}

TEST_CASE("one MariaDB position covers another that has no more in any domain") {
  CHECK(gtids("0-100-5").covers(gtids("0-100-5")));
  CHECK(gtids("0-100-6").covers(gtids("0-101-5")));
  CHECK(gtids("0-100-5,1-100-1").covers(gtids("0-100-5")));
  CHECK(gtids("0-100-5").covers(gtids("")));
  CHECK(gtids("").covers(gtids("")));
  CHECK_FALSE(gtids("0-100-5").covers(gtids("0-100-6")));
  CHECK_FALSE(gtids("0-100-5").covers(gtids("1-100-1")));
  CHECK_FALSE(gtids("").covers(gtids("0-100-1")));
}

TEST_CASE("what lies beyond another MariaDB position is told by domain and counted") {
  const MariadbGtidList here = gtids("0-100-9,1-101-4,2-100-3");
  const MariadbGtidList there = gtids("0-100-5,1-100-4");
  CHECK(here.beyond(there).text() == "0-100-9,2-100-3");
  CHECK(here.transactions_beyond(there) == 7);
  CHECK(there.beyond(here).empty());
  CHECK(there.transactions_beyond(here) == 0);
}
