#include "common/server/mysql_gtid.hpp"

#include <chrono>
#include <limits>

#include "tests/support/error_of.hpp"

using namespace mysql_agent;

namespace {

const std::string a = "0a11fa47-71ca-11e1-9e33-c80aa9429562";
const std::string b = "b0000000-0000-0000-0000-00000000000b";

MysqlGtidSet gtids(const std::string& text) {
  return MysqlGtidSet::parse(text);
}
std::string canonical(const std::string& text) {
  return gtids(text).text();
}

}  // namespace

TEST_CASE("a MySQL GTID set is read and written back") {
  CHECK(gtids("").empty());
  CHECK(gtids(" \r\n\t").empty());
  CHECK(canonical("") == "");
  CHECK_FALSE(gtids(a + ":1").empty());
  for (const std::string& text : {a + ":1", a + ":1-5:7:11-20", a + ":1-5," + b + ":3", a + ":1-9223372036854775806"})
    CHECK(canonical(text) == text);
}

TEST_CASE("a MySQL GTID set may have white space and line breaks between any two parts, and UUIDs in upper case") {
  CHECK(canonical(a + ":1-5,\n" + b + ":3\n") == a + ":1-5," + b + ":3");
  CHECK(canonical("\n " + a + " : 1 - 5\t:\r\n7 , " + b + " :3 ") == a + ":1-5:7," + b + ":3");
  CHECK(canonical("0A11FA47-71CA-11E1-9E33-C80AA9429562:4") == a + ":4");
  CHECK(canonical(a + " : my_tag : 4") == a + ":my_tag:4");
}

TEST_CASE("a MySQL GTID set is sorted by UUID, then by tag, what has none first") {
  CHECK(canonical(b + ":3," + a + ":1") == a + ":1," + b + ":3");
  CHECK(canonical(a + ":x:1," + a + ":2") == a + ":2:x:1");
  CHECK(canonical(a + ":y:1:_x:4") == a + ":_x:4:y:1");
}

TEST_CASE("intervals that overlap or touch become one") {
  CHECK(canonical(a + ":1-5:6") == a + ":1-6");
  CHECK(canonical(a + ":6:1-5") == a + ":1-6");
  CHECK(canonical(a + ":1-5:3-9:20") == a + ":1-9:20");
  CHECK(canonical(a + ":1-9:3-5:11") == a + ":1-9:11");
  CHECK(canonical(a + ":7:7:7") == a + ":7");
  CHECK(canonical(a + ":1," + b + ":1," + a + ":2") == a + ":1-2," + b + ":1");
  CHECK(canonical(a + ":9223372036854775806:1-9223372036854775805") == a + ":1-9223372036854775806");
}

TEST_CASE("each tag numbers transactions of its own") {
  CHECK(canonical(a + ":1-5:tag:1-3:7:tag2:4") == a + ":1-5:tag:1-3:7:tag2:4");
  CHECK(canonical(a + ":1-5:tag:6") == a + ":1-5:tag:6");
  CHECK(canonical(a + ":Tag:1:TAG:2") == a + ":tag:1-2");
  CHECK(canonical(a + ":tag:1," + b + ":1") == a + ":tag:1," + b + ":1");
  const std::string longest(32, 'x');
  CHECK(canonical(a + ":" + longest + ":1") == a + ":" + longest + ":1");
  CHECK_FALSE(gtids(a + ":1-5").covers(gtids(a + ":tag:1")));
  CHECK_FALSE(gtids(a + ":tag:1-5").covers(gtids(a + ":1")));
}

TEST_CASE("what is no MySQL GTID set is refused with its text") {
  for (const std::string& text : {std::string("0-100-5"),
                                  std::string(":1"),
                                  a,
                                  a + ":",
                                  a + ":0",
                                  a + ":5-4",
                                  a + ":1-",
                                  a + ":-5",
                                  a + ":+1",
                                  a + ":1--2",
                                  a + ":1-5,",
                                  "," + a + ":1",
                                  a + ":1,," + b + ":1",
                                  a + ":1:",
                                  a + "::1",
                                  a + ":1 2",
                                  a + ":9223372036854775807",
                                  a + ":1-18446744073709551616",
                                  a + ":tag",
                                  a + ":tag:",
                                  a + ":tag 5",
                                  a + ":tag:tag2:1",
                                  a + ":1x:1",
                                  a + ":t-g:1",
                                  a + ":" + std::string(33, 'x') + ":1",
                                  a.substr(1) + ":1",
                                  a + "0:1",
                                  "g" + a.substr(1) + ":1",
                                  a.substr(0, 8) + "0" + a.substr(9) + ":1",
                                  a + ":1;" + b + ":1",
                                  a + " 1",
                                  a + ":1-5 " + b + ":1"}) {
    INFO(text);
    const Error error = test::error_of([&] { gtids(text); });
    CHECK(error.code() == ExitCode::failed);
    CHECK_THAT(error.what(), Catch::Contains(text));
  }
}

TEST_CASE("the error for a long damaged GTID set quotes its beginning only") {
  const Error error = test::error_of([] { gtids(std::string(100000, 'x')); });
  CHECK(std::string(error.what()).size() < 300);
}

TEST_CASE("one MySQL GTID set covers another that has nothing else") {
  CHECK(gtids(a + ":1-5").covers(gtids(a + ":1-5")));
  CHECK(gtids(a + ":1-5:9").covers(gtids(a + ":2:4-5:9")));
  CHECK(gtids(a + ":1-5," + b + ":1").covers(gtids(b + ":1")));
  CHECK(gtids(a + ":1").covers(gtids("")));
  CHECK(gtids("").covers(gtids("")));
  CHECK_FALSE(gtids(a + ":1-5").covers(gtids(a + ":1-6")));
  CHECK_FALSE(gtids(a + ":2-9").covers(gtids(a + ":1-3")));
  CHECK_FALSE(gtids(a + ":1-4:6-9").covers(gtids(a + ":5")));
  CHECK_FALSE(gtids(a + ":1-5").covers(gtids(b + ":1")));
  CHECK_FALSE(gtids("").covers(gtids(a + ":1")));
}

TEST_CASE("what lies beyond another MySQL GTID set is their difference, and counted") {
  const auto beyond = [](const std::string& here, const std::string& there) {
    return gtids(here).beyond(gtids(there)).text();
  };
  CHECK(beyond(a + ":1-10", a + ":1-7") == a + ":8-10");
  CHECK(beyond(a + ":1-10", a + ":4-7") == a + ":1-3:8-10");
  CHECK(beyond(a + ":1-10", a + ":2:4:6-20") == a + ":1:3:5");
  CHECK(beyond(a + ":1-3:5-8:10-12", a + ":2-11") == a + ":1:12");
  CHECK(beyond(a + ":1-3:10-12", a + ":5-7") == a + ":1-3:10-12");
  CHECK(beyond(a + ":5-7", a + ":1-3:10-12") == a + ":5-7");
  CHECK(beyond(a + ":1-9", a + ":1-9") == "");
  CHECK(beyond(a + ":1-9:tag:1-4," + b + ":2", a + ":1-9:tag:2") == a + ":tag:1:3-4," + b + ":2");
  CHECK(beyond(a + ":1-9223372036854775806", a + ":9223372036854775806") == a + ":1-9223372036854775805");
  CHECK(gtids(a + ":1-10," + b + ":5-6").transactions_beyond(gtids(a + ":4-7")) == 8);
  CHECK(gtids(a + ":1-10").transactions_beyond(gtids(a + ":1-10," + b + ":1")) == 0);
}

TEST_CASE("a count of transactions past 64 bits stops at the highest number") {
  const std::string all = ":1-9223372036854775806";
  CHECK(gtids(a + all).transactions_beyond(gtids("")) == 9223372036854775806U);
  CHECK(gtids(a + all + ":x" + all + ":y" + all).transactions_beyond(gtids("")) ==
        std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("the part of one server has all its tags and nothing of another server") {
  const MysqlGtidSet set = gtids(a + ":1-5:tag:2," + b + ":7:tag:9");
  CHECK(set.of_server(a).text() == a + ":1-5:tag:2");
  CHECK(set.of_server("B0000000-0000-0000-0000-00000000000B").text() == b + ":7:tag:9");
  CHECK(set.of_server("00000000-0000-0000-0000-000000000000").empty());
  CHECK(set.of_server("").empty());
}

TEST_CASE("a GTID set of many intervals in any order is read in a moment") {
  // Each interval lies before the interval that was read last. Merging at each interval would take quadratic time.
  std::string text = a;
  for (int i = 200000; i > 0; --i) text += ":" + std::to_string(2 * i);
  const auto start = std::chrono::steady_clock::now();
  const MysqlGtidSet set = gtids(text);
  CHECK(set.transactions_beyond(gtids(a + ":1-200000")) == 100000);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}
