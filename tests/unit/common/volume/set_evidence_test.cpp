#include "common/volume/set_evidence.hpp"

#include "common/volume/data_dir.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using test::TempDir;
using test::write_text;

namespace {

const std::vector<SetEvidence> both{{"mysql-1", true, "has data at 0-100-5"},
                                    {"mysql-2", false, "exists, and did not say what it has: no answer"},
                                    {"mysql-3", true, "has data at 0-100-4", "mysql-2"}};

}  // namespace

TEST_CASE("evidence of a set's data comes back from its text as it was") {
  CHECK(parse_set_evidence(set_evidence_text("mysql-0", both), "mysql-0") == both);
  CHECK(set_evidence_text("mysql-0", {both.front()}) ==
        "{\n  \"version\": 1,\n  \"pod\": \"mysql-0\",\n  \"evidence\": [\n    {\n      \"pod\": \"mysql-1\",\n      "
        "\"data\": true,\n"
        "      \"what\": \"has data at 0-100-5\"\n    }\n  ]\n}\n");
}

TEST_CASE("a peer's words that are no UTF-8 do not keep evidence from being written") {
  CHECK(parse_set_evidence(set_evidence_text("mysql-0", {{"mysql-1", true, "\xff"}}), "mysql-0").size() == 1);
}

TEST_CASE("evidence that is cut, of another pod or of a newer format is refused, never taken for none") {
  const TempDir root;
  const DataDir dir{root.path()};
  write_set_evidence(dir, "mysql-0", both);
  CHECK(inspect_data_dir(dir, "mysql-0").set_evidence == both);
  CHECK(inspect_data_dir(dir, "mysql-0").content == Content::empty);
  const std::string good = test::read_text(dir.set_evidence());
  std::string newer = good;
  newer.replace(newer.find("1"), 1, "2");
  for (const std::string& bad :
       {std::string(), good.substr(0, good.size() / 2), newer, std::string("{}"), std::string("[]"),
        std::string("{\"version\": 1, \"pod\": \"mysql-0\", \"evidence\": null}")}) {
    INFO(bad);
    write_text(dir.set_evidence(), bad);
    const Error error = test::error_of([&] { inspect_data_dir(dir, "mysql-0"); });
    CHECK(error.code() == ExitCode::refused);
    CHECK_THAT(error.what(), Catch::Contains(dir.set_evidence().string()));
    CHECK_THAT(error.hint(), Catch::Contains("Remove it only if"));
  }
  write_text(dir.set_evidence(), good);
  CHECK(test::code_of([&] { read_set_evidence(dir.set_evidence(), "mysql-1"); }) == ExitCode::refused);
  remove_set_evidence(dir);
  CHECK(inspect_data_dir(dir, "mysql-0").set_evidence.empty());
}
