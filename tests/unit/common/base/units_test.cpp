#include "common/base/units.hpp"

#include "tests/support/error_of.hpp"

using namespace mysql_agent;
using namespace std::chrono_literals;
using test::code_of;

TEST_CASE("a duration is a whole number and a unit") {
  CHECK(parse_duration("500ms") == 500ms);
  CHECK(parse_duration("30s") == 30s);
  CHECK(parse_duration("10m") == 10min);
  CHECK(parse_duration("2h") == 2h);
  CHECK(parse_duration("0s") == 0s);
}

TEST_CASE("what is no duration is a usage error") {
  for (const char* text : {"", "30", "s", "-5s", "+5s", "1.5h", "5 s", " 5s", "5s ", "5S", "1d", "10min", "1h30m",
                           "99999999999999999999s", "9223372036854775807h", "9223372036854775807ms"}) {
    INFO(text);
    CHECK(code_of([&] { parse_duration(text); }) == ExitCode::usage);
  }
}

TEST_CASE("a size is a whole number and perhaps a unit") {
  CHECK(parse_size("512") == 512);
  CHECK(parse_size("7B") == 7);
  CHECK(parse_size("64KiB") == 65536);
  CHECK(parse_size("64MiB") == 67108864);
  CHECK(parse_size("2GiB") == 2147483648);
  CHECK(parse_size("1TiB") == 1099511627776);
  CHECK(parse_size("10kB") == 10'000);
  CHECK(parse_size("10MB") == 10'000'000);
  CHECK(parse_size("1GB") == 1'000'000'000);
  CHECK(parse_size("1TB") == 1'000'000'000'000);
}

TEST_CASE("what is no size, or does not fit, is a usage error") {
  for (const char* text : {"", "x", "-1", "1.5GiB", "1 GiB", "1gib", "1G", "1KB", "64Mi", "18446744073709551616",
                           "9007199254740992TiB", "20000000000GiB"}) {
    INFO(text);
    CHECK(code_of([&] { parse_size(text); }) == ExitCode::usage);
  }
}

TEST_CASE("sizes for people count in powers of 1000") {
  CHECK(size_text(0) == "0 B");
  CHECK(size_text(999) == "999 B");
  CHECK(size_text(1000) == "1.0 kB");
  CHECK(size_text(1'250'000) == "1.2 MB");
  CHECK(size_text(3'100'000'000) == "3.1 GB");
  CHECK(size_text(18'446'744'073'709'551'615U) == "18.4 EB");
}

TEST_CASE("durations for people have two units at most") {
  CHECK(duration_text(0ms) == "0ms");
  CHECK(duration_text(850ms) == "850ms");
  CHECK(duration_text(59'999ms) == "59s");
  CHECK(duration_text(60s) == "1m00s");
  CHECK(duration_text(185s) == "3m05s");
  CHECK(duration_text(7620s) == "2h07m");
}
