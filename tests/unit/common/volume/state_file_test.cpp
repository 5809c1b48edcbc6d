#include "common/volume/state_file.hpp"

#include <iterator>
#include <set>

#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using test::code_of;
using test::TempDir;
using test::write_text;

namespace {

AgentState full_state() {
  AgentState state;
  state.state = DataState::published;
  state.pod = "mysql-2";
  state.origin = Origin::clone;
  state.position = {"0-100-5", "binlog.000003", 1088};
  state.donor = "mysql-1";
  state.set_id = "0f8fad5bd9cb469fa165e1b2a4b0c0d1";
  state.bytes = 3'100'000'000;
  state.duration = std::chrono::milliseconds(4711);
  return state;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a number in a state that is none, or too large, is not taken for another one") {
  for (const char* version : {"1.5", "1e57", "4294967297", "-1", "18446744073709551617", "true", "\"1\""}) {
    INFO(version);
    CHECK(test::error_of([&] {
            parse_state(
                replaced(state_text(full_state()), "\"version\": 1,", std::string("\"version\": ") + version + ","));
          }).code() == ExitCode::refused);
  }
  CHECK(test::error_of([] {
          parse_state(replaced(state_text(full_state()), "\"bytes\": 3100000000", "\"bytes\": -1"));
        }).code() == ExitCode::refused);
}

TEST_CASE("each identity of a set is another one, of 32 hex digits") {
  const std::string id = new_set_id();
  CHECK(id.size() == 32);
  CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(new_set_id() != id);
}

TEST_CASE("a state from before sets had an identity has none") {
  CHECK(parse_state(replaced(state_text(full_state()), "  \"set_id\": \"" + full_state().set_id + "\",\n", ""))
            .set_id.empty());
}

TEST_CASE("a state comes back from its text as it was") {
  CHECK(parse_state(state_text(full_state())) == full_state());
  AgentState state = full_state();
  state.by_file = true;
  CHECK(parse_state(state_text(state)) == state);
  state = full_state();
  state.doubtful_relay_log = true;
  CHECK(parse_state(state_text(state)) == state);
  state = full_state();
  state.emptied = {"test.cache"};
  state.disabled_events.emplace();
  state.events_wait = state.scheduler_waits = true;
  state.filtered = "replicate_ignore_db=logs";
  state.log_end = {.gtid = "0-100-7", .binlog_file = "binlog.000002", .binlog_offset = 4711};
  state.recoveries.push_back({.id = "r", .position = "", .reset = true});
  state.healing = "0-100-7";
  CHECK(parse_state(state_text(state)) == state);
  state.disabled_events = {"`test`.`paused`"};
  CHECK(parse_state(state_text(state)) == state);
  for (const DataState each : all_states) {
    state.state = each;
    state.set_aside = each == DataState::setting_aside ? "20260131T235959Z" : "";
    CHECK(parse_state(state_text(state)) == state);
    state.set_aside = "20260131T235959Z";
    CHECK(parse_state(state_text(state)) == state);
  }
  for (const Origin each : {Origin::clone, Origin::initialize, Origin::adopt}) {
    state.origin = each;
    CHECK(parse_state(state_text(state)) == state);
  }
}

TEST_CASE("the recoveries of a set's primary are written down and read") {
  AgentState state = full_state();
  state.recoveries = {{"a", "0-100-3"}, {"b", "0-100-40"}};
  CHECK(parse_state(state_text(state)) == state);
  CHECK_THAT(
      state_text(state),
      Catch::Contains("\"recoveries\": [\n    {\n      \"id\": \"a\",\n      \"position\": \"0-100-3\"\n    },"));
  for (const char* bad : {"1", "{}", "[1]", "[{}]", "[{\"id\": 1, \"position\": \"\"}]"}) {
    INFO(bad);
    CHECK(code_of([&] {
            parse_state(
                replaced(state_text(full_state()), "\"bytes\"", "\"recoveries\": " + std::string(bad) + ", \"bytes\""));
          }) == ExitCode::refused);
  }
}

TEST_CASE("the engine of a clone is written down and read") {
  AgentState state = full_state();
  for (const Engine each : {Engine::xtrabackup, Engine::clone_plugin}) {
    state.engine = each;
    CHECK_THAT(state_text(state), Catch::Contains(std::string("\"engine\": \"") + engine_name(each) + "\""));
    CHECK(parse_state(state_text(state)) == state);
  }
}

TEST_CASE("a state file from before there were engines is of a backup tool's clone") {
  const std::string text = replaced(state_text(full_state()), "  \"engine\": \"xtrabackup\",\n", "");
  REQUIRE_THAT(text, !Catch::Contains("engine"));
  CHECK(parse_state(text) == full_state());
}

TEST_CASE("the names in a state file are fixed") {
  CHECK(state_text(full_state()) ==
        "{\n  \"version\": 1,\n  \"pod\": \"mysql-2\",\n  \"state\": \"published\",\n  \"origin\": \"clone\",\n"
        "  \"position\": {\n    \"gtid\": \"0-100-5\",\n    \"binlog_file\": \"binlog.000003\",\n    "
        "\"binlog_offset\": 1088\n  },\n  \"engine\": \"xtrabackup\",\n"
        "  \"donor\": \"mysql-1\",\n  \"set_id\": \"0f8fad5bd9cb469fa165e1b2a4b0c0d1\",\n  \"bytes\": 3100000000,\n  "
        "\"duration_ms\": 4711\n}\n");
  const std::pair<DataState, const char*> names[] = {
      {DataState::cloning, "cloning"},       {DataState::cloned, "cloned"},
      {DataState::prepared, "prepared"},     {DataState::setting_aside, "setting_aside"},
      {DataState::discarding, "discarding"}, {DataState::publishing, "publishing"},
      {DataState::published, "published"},   {DataState::replicating, "replicating"},
      {DataState::primary, "primary"},       {DataState::adopted, "adopted"}};
  CHECK(std::size(names) == all_states.size());
  for (const auto& [state, name] : names) CHECK(std::string(state_name(state)) == name);
}

TEST_CASE("a server may start where no copy is under way") {
  const std::set<DataState> settled{DataState::published, DataState::replicating, DataState::primary,
                                    DataState::adopted};
  for (const DataState state : all_states) {
    CAPTURE(state_name(state));
    CHECK(is_settled(state) == settled.contains(state));
  }
}

TEST_CASE("a state file cut at any byte is refused, never taken for fresh") {
  const std::string text = state_text(full_state());
  // The last two bytes are the closing brace and a newline. Without the newline the text is still whole.
  for (std::size_t length = 0; length + 2 <= text.size(); ++length) {
    INFO(length);
    REQUIRE(code_of([&] { parse_state(text.substr(0, length)); }) == ExitCode::refused);
  }
}

TEST_CASE("a state that is not understood is refused") {
  const std::string text = state_text(full_state());
  for (const auto& [from, to] : {std::pair<const char*, const char*>{"\"version\": 1", "\"version\": 2"},
                                 {"\"version\": 1,", ""},
                                 {"\"published\"", "\"flying\""},
                                 {"\"origin\": \"clone\"", "\"origin\": \"found\""},
                                 {"\"mysql-2\"", "7"},
                                 {"\"donor\": \"mysql-1\",", ""},
                                 {"\"xtrabackup\"", "\"rsync\""},
                                 {"\"xtrabackup\"", "\"\""},
                                 {"\"xtrabackup\"", "null"},
                                 {"\"xtrabackup\"", "1"},
                                 {"\"gtid\"", "\"gtids\""},
                                 {"1088", "\"1088\""},
                                 {"{", "["}}) {
    INFO(from << " -> " << to);
    CHECK(code_of([&] { parse_state(replaced(text, from, to)); }) == ExitCode::refused);
  }
  for (const char* other : {"null", "[]", "1", "\"x\"", "{}", "\0"})
    CHECK(code_of([&] { parse_state(other); }) == ExitCode::refused);
}

TEST_CASE("data is set aside nowhere but below its own directory") {
  AgentState state = full_state();
  for (const char* name : {"../..", ".", "..", "a/b", "/tmp", ".hidden"}) {
    state.set_aside = name;
    INFO(name);
    CHECK(code_of([&] { parse_state(state_text(state)); }) == ExitCode::refused);
  }
  state.set_aside.clear();
  state.state = DataState::setting_aside;
  CHECK(code_of([&] { parse_state(state_text(state)); }) == ExitCode::refused);
}

TEST_CASE("no state file is no state") {
  const TempDir dir;
  CHECK_FALSE(read_state(dir / "state.json", "mysql-2").has_value());
  CHECK_FALSE(read_state(dir / "no/such/directory/state.json", "mysql-2").has_value());
}

TEST_CASE("an empty state file is refused with its path") {
  const TempDir dir;
  write_text(dir / "state.json", "");
  const Error error = test::error_of([&] { read_state(dir / "state.json", "mysql-2"); });
  CHECK(error.code() == ExitCode::refused);
  CHECK_THAT(error.what(), Catch::Contains((dir / "state.json").string()));
}

TEST_CASE("the state of another pod is refused") {
  const TempDir dir;
  write_text(dir / "state.json", state_text(full_state()));
  CHECK(read_state(dir / "state.json", "mysql-2") == full_state());
  const Error error = test::error_of([&] { read_state(dir / "state.json", "mysql-1"); });
  CHECK(error.code() == ExitCode::refused);
  CHECK_THAT(error.what(), Catch::Contains("mysql-2") && Catch::Contains("mysql-1"));
}
