#include "common/volume/pause_request.hpp"

#include "common/base/error.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;

namespace {

constexpr std::int64_t noon = 1'800'000'000;

PauseRequest until(std::optional<std::int64_t> time) {
  return {.pod = "mysql-1", .asked = "2027-01-15T07:00:00Z", .until = time};
}

}  // namespace

TEST_CASE("a pause is read as it was written, and stands until its time is over") {
  const test::TempDir dir;
  const auto file = dir / "pause.json";
  CHECK_FALSE(read_pause_request(file, "mysql-1", noon));
  for (const PauseRequest& request : {until(std::nullopt), until(noon + 1)}) {
    test::write_text(file, pause_request_text(request));
    CHECK(read_pause_request(file, "mysql-1", noon) == std::optional(request));
  }
  CHECK_FALSE(read_pause_request(file, "mysql-1", noon + 1));
  CHECK(pause_text(until(std::nullopt)) == "paused at 2027-01-15T07:00:00Z until mysql-agent resume");
  CHECK(pause_text(until(noon)) == "paused at 2027-01-15T07:00:00Z until 2027-01-15T08:00:00Z");
}

TEST_CASE("a pause that is unreadable or another pod's is refused: nobody knows what a person wanted") {
  const test::TempDir dir;
  const auto file = dir / "pause.json";
  const std::string good = pause_request_text(until(noon));
  for (const std::string& text :
       {std::string(), good.substr(0, good.size() / 2), std::string("{\"version\": 2}"), std::string("[]")}) {
    test::write_text(file, text);
    const Error error = test::error_of([&] { read_pause_request(file, "mysql-1", 0); });
    CHECK(error.code() == ExitCode::refused);
    CHECK_THAT(error.hint(), Catch::Contains("mysql-agent resume"));
  }
  test::write_text(file, good);
  CHECK_THAT(test::error_of([&] { read_pause_request(file, "mysql-2", 0); }).what(),
             Catch::Contains("it belongs to the pod mysql-1"));
}
