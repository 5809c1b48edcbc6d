#include "common/base/json.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;

namespace {

std::string nested(int levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

std::string with_members(int count) {
  std::string text = "{";
  for (int i = 0; i < count; ++i) text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":0";
  return text + "}";
}

}  // namespace

TEST_CASE("JSON keeps the order of its members, and the last one of a name counts") {
  CHECK(json_text(parse_json(R"({"b": 1, "a": [true, null], "b": 2})"), -1) == R"({"b":2,"a":[true,null]})");
}

TEST_CASE("JSON that is malformed, too deep or too large is not read") {
  CHECK_THROWS_AS(parse_json("{"), std::exception);
  CHECK_THROWS_AS(parse_json(""), std::exception);
  CHECK_THROWS_AS(parse_json("{} x"), std::exception);
  CHECK(json_text(parse_json(nested(max_json_depth)), -1) == nested(max_json_depth));
  CHECK_THROWS_WITH(parse_json(nested(max_json_depth + 1)), "it is nested deeper than 32 levels");
  CHECK_THROWS_AS(parse_json(std::string(1'000'000, '[')), std::exception);
  CHECK(parse_json(with_members(max_json_members)).size() == max_json_members);
  CHECK_THROWS_WITH(parse_json(with_members(max_json_members + 1)), "it has more than 10000 members");
}

TEST_CASE("what is not UTF-8 in JSON is replaced") {
  CHECK(json_text(Json{{"text", "a\xFF"}}, -1) == "{\"text\":\"a\xEF\xBF\xBD\"}");
}

TEST_CASE("a whole number that does not fit is refused, not cut down") {
  CHECK(whole_number<std::uint16_t>(Json(65535)) == 65535);
  CHECK(whole_number<std::int64_t>(Json(-1)) == -1);
  CHECK_THROWS_WITH(whole_number<std::uint16_t>(Json(65536)), "65536 is not a whole number that fits here");
  for (const char* text : {"-1", "1e57", "1.0", "\"1\"", "18446744073709551616"})
    CHECK_THROWS_AS(whole_number<std::uint64_t>(parse_json(text)), std::exception);
}
