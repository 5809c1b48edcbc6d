// Holds the rows of the decision tables against the code and the tests that name them.
#include <catch2/catch.hpp>

#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/temp_dir.hpp"

namespace {

using Rows = std::set<int>;

// A table in the comment of a header, and the files that name its rows as `row 5`, `Rows 8 and 9` or `rows 1 to 7`.
struct Table {
  const char* header;
  std::vector<const char*> name_all;        ///< these files name each row
  std::vector<const char*> name_some = {};  ///< these files name no row that is not there
};

const Table tables[] = {
    {.header = "agent/clone/plan.hpp",
     .name_all = {"agent/clone/plan.cpp", "agent/clone/reason.hpp", "tests/unit/agent/clone/plan_test.cpp"},
     .name_some = {"agent/clone/clone_mysql.cpp"}},
    {.header = "agent/replication/plan.hpp",
     .name_all = {"tests/unit/agent/replication/plan_test.cpp"},
     .name_some = {"agent/replication/plan.cpp"}},
    {.header = "agent/operate/reclone.hpp", .name_all = {"tests/unit/agent/operate/reclone_test.cpp"}},
    {.header = "agent/operate/release.hpp",
     .name_all = {"agent/operate/release.hpp", "tests/unit/agent/operate/release_test.cpp"}},
    {.header = "agent/replication/healing.hpp", .name_all = {"tests/unit/agent/replication/healing_test.cpp"}},
    {.header = "agent/replication/events.hpp", .name_all = {"tests/unit/agent/replication/events_test.cpp"}},
    {.header = "agent/operate/doctor.hpp", .name_all = {"agent/operate/doctor.cpp"}},
};

std::string text_of(const std::string& file) {
  return mysql_agent::test::read_text(std::filesystem::path(REPOSITORY) / file);
}

// The numbers of the first table's rows, from top to bottom.
std::vector<int> rows_of_table(const std::string& header) {
  static const std::regex row(R"(^/// \| *([0-9]+) \|)");
  std::vector<int> rows;
  std::istringstream lines(header);
  bool in_table = false;
  for (std::string line; std::getline(lines, line);) {
    const bool of_table = line.starts_with("/// |");
    if (in_table && !of_table) break;
    in_table = of_table;
    std::smatch match;
    if (std::regex_search(line, match, row)) rows.push_back(std::stoi(match[1]));
  }
  return rows;
}

// All rows that a text names: `rows 1, 3 and 5 to 7` are 1, 3, 5, 6 and 7.
Rows rows_named(const std::string& text) {
  static const std::regex list(R"([Rr]ows? ([0-9]+(?:(?:, | and | to )[0-9]+)*))");
  static const std::regex item(R"((?:( to )|, | and |^)([0-9]+))");
  Rows rows;
  for (std::sregex_iterator found(text.begin(), text.end(), list), end; found != end; ++found) {
    const std::string numbers = (*found)[1];
    int last = 0;
    for (std::sregex_iterator part(numbers.begin(), numbers.end(), item); part != end; ++part) {
      const int number = std::stoi((*part)[2]);
      for (int row = (*part)[1].matched ? last : number; row <= number; ++row) rows.insert(row);
      last = number;
    }
  }
  return rows;
}

}  // namespace

TEST_CASE("the rows of a decision table count up from 1, and are the ones that code and tests name") {
  for (const Table& table : tables) {
    INFO(table.header);
    const std::vector<int> rows = rows_of_table(text_of(table.header));
    REQUIRE_FALSE(rows.empty());
    for (std::size_t i = 0; i < rows.size(); ++i) CHECK(rows[i] == static_cast<int>(i + 1));
    const Rows all(rows.begin(), rows.end());
    for (const char* file : table.name_all) {
      INFO(file);
      CHECK(rows_named(text_of(file)) == all);
    }
    for (const char* file : table.name_some) {
      INFO(file);
      for (const int row : rows_named(text_of(file))) CHECK(all.count(row) == 1);
    }
  }
}

TEST_CASE("rows are found by the words that name them") {
  CHECK(rows_named("// Row 5.") == Rows{5});
  CHECK(rows_named("rows 1, 3 and 5 to 7; row 12: x") == Rows{1, 3, 5, 6, 7, 12});
  CHECK(rows_named("the row of 5").empty());
  CHECK(rows_of_table("/// | # | a |\n/// |---|---|\n/// | 1 | x |\n/// |12 | y |\n///\n/// | 3 | z |\n") ==
        std::vector<int>{1, 12});
}
