#include "common/server/gtid.hpp"

#include <stdexcept>

#include "tests/support/error_of.hpp"

using namespace mysql_agent;

namespace {

const std::string uuid = "0a11fa47-71ca-11e1-9e33-c80aa9429562";

GtidPosition mysql(const std::string& intervals) {
  return GtidPosition::parse(Flavour::mysql, intervals.empty() ? "" : uuid + ":" + intervals);
}
GtidPosition mariadb(const std::string& text) {
  return GtidPosition::parse(Flavour::mariadb, text);
}

}  // namespace

TEST_CASE("a GTID position is read as its family's") {
  CHECK(mariadb(" 0-100-5\n").text() == "0-100-5");
  CHECK(mysql("5:1-4").text() == uuid + ":1-5");
  CHECK(test::code_of([] { GtidPosition::parse(Flavour::mysql, "0-100-5"); }) == ExitCode::failed);
  CHECK(test::code_of([] { GtidPosition::parse(Flavour::mariadb, uuid + ":1-5"); }) == ExitCode::failed);
}

TEST_CASE("an empty GTID position is of the family that it was read as") {
  CHECK(mysql("").empty());
  CHECK(mariadb("").empty());
  CHECK_FALSE(mysql("1").empty());
  CHECK_FALSE(mysql("") == mariadb(""));
}

TEST_CASE("GTID positions of one family are compared by its rules") {
  CHECK(mysql("1-5").covers(mysql("2")));
  CHECK_FALSE(mysql("2-5").covers(mysql("1")));
  CHECK(mysql("1-5").beyond(mysql("1-3")) == mysql("4-5"));
  CHECK(mysql("1-5").transactions_beyond(mysql("2")) == 4);
  CHECK(mariadb("0-100-5").covers(mariadb("0-101-4")));
  CHECK_FALSE(mariadb("0-100-5").covers(mariadb("1-100-1")));
  CHECK(mariadb("0-100-5,1-100-1").beyond(mariadb("0-100-5")) == mariadb("1-100-1"));
  CHECK(mariadb("0-100-5").transactions_beyond(mariadb("0-100-3")) == 2);
}

TEST_CASE("GTID positions of two families cannot be compared, not even empty ones") {
  CHECK_THROWS_AS(mysql("1").covers(mariadb("0-100-5")), std::logic_error);
  CHECK_THROWS_AS(mariadb("0-100-5").covers(mysql("1")), std::logic_error);
  CHECK_THROWS_AS(mysql("").beyond(mariadb("")), std::logic_error);
  CHECK_THROWS_AS(mariadb("").beyond(mysql("")), std::logic_error);
  CHECK_THROWS_AS(mysql("1").transactions_beyond(mariadb("")), std::logic_error);
}
