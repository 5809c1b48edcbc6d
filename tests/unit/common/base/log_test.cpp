#include "common/base/log.hpp"

#include <catch2/catch.hpp>

#include "tests/support/captured.hpp"

using namespace mysql_agent;

namespace {

std::string logged(LogLevel from, LogFormat format, LogLevel level, std::initializer_list<LogField> fields) {
  const test::Captured captured(STDERR_FILENO);
  start_log(from, format);
  log_event(level, "part", "did it", fields);
  start_log(LogLevel::info, LogFormat::text);
  return captured.text();
}

std::string text_line(std::initializer_list<LogField> fields) {
  const std::string line = logged(LogLevel::info, LogFormat::text, LogLevel::info, fields);
  return line.substr(std::min(line.size(), line.find(' ') + 1));
}

}  // namespace

TEST_CASE("JSON has numbers as numbers, and truth values as such") {
  CHECK_THAT(logged(LogLevel::info, LogFormat::json, LogLevel::info,
                    {{"bytes", std::uint64_t{18446744073709551615U}}, {"less", -3}, {"open", true}, {"text", "5"}}),
             Catch::Contains("\"bytes\":18446744073709551615,\"less\":-3,\"open\":true,\"text\":\"5\""));
}

TEST_CASE("a log line names level, component, event and fields") {
  CHECK(text_line({{"pod", "mysql-1"}, {"bytes", 5}, {"ready", true}}) ==
        "info part: did it pod=mysql-1 bytes=5 ready=true\n");
}

TEST_CASE("values are quoted where they need it, and a line stays a line") {
  CHECK(text_line({{"a", ""}, {"b", "x y"}, {"c", "x=y"}}) == "info part: did it a=\"\" b=\"x y\" c=\"x=y\"\n");
  CHECK(text_line({{"a", "say \"hi\""}, {"b", "c\\d"}}) == "info part: did it a=\"say \\\"hi\\\"\" b=c\\\\d\n");
  CHECK(text_line({{"a", "1\n2\r\x1b[31m\x7f"}}) == "info part: did it a=1\\n2\\x0d\\x1b[31m\\x7f\n");
  CHECK(text_line({{"a", "%s {} {0}"}}) == "info part: did it a=\"%s {} {0}\"\n");
}

TEST_CASE("JSON lines hold the same, and survive what is no UTF-8") {
  const std::string line =
      logged(LogLevel::info, LogFormat::json, LogLevel::warning, {{"pod", "mysql-1"}, {"text", "a\n\"b\" \xff"}});
  CHECK(test::lines_of(line).size() == 1);
  CHECK_THAT(line, Catch::StartsWith("{\"time\":\"20") &&
                       Catch::Contains("\"level\":\"warning\",\"component\":\"part\",\"event\":\"did it\"") &&
                       Catch::Contains("\"pod\":\"mysql-1\"") && Catch::Contains("\"text\":\"a\\n\\\"b\\\" "));
}

TEST_CASE("lines below the level are left out") {
  CHECK(logged(LogLevel::warning, LogFormat::text, LogLevel::info, {}).empty());
  CHECK_FALSE(logged(LogLevel::warning, LogFormat::text, LogLevel::warning, {}).empty());
  CHECK(logged(LogLevel::info, LogFormat::text, LogLevel::debug, {}).empty());
  CHECK_FALSE(logged(LogLevel::debug, LogFormat::text, LogLevel::debug, {}).empty());
}
