#include "agent/operate/reclone.hpp"

#include <fstream>

#include "common/base/file.hpp"
#include "common/volume/publish.hpp"
#include "tests/support/captured.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using test::code_of;
using test::error_of;
using test::read_text;
using test::TempDir;
using test::write_text;
namespace fs = std::filesystem;

namespace {

constexpr DataState settled[] = {DataState::published, DataState::replicating, DataState::primary, DataState::adopted};
constexpr DataState unfinished[] = {DataState::cloning,       DataState::cloned,     DataState::prepared,
                                    DataState::setting_aside, DataState::discarding, DataState::publishing};

RecloneFacts facts_of(std::optional<DataState> state, Role role = Role::replica) {
  RecloneFacts facts;
  facts.role = role;
  facts.state = state;
  return facts;
}

RecloneOptions options_for(const TempDir& root, const std::string& pod = "mysql-1") {
  RecloneOptions options;
  options.set.pod = parse_pod_name(pod);
  options.dir = {root.path()};
  return options;
}

void settle(const TempDir& root, DataState state = DataState::replicating) {
  AgentState agent_state;
  agent_state.pod = "mysql-1";
  agent_state.state = state;
  write_state({root.path()}, agent_state);
}

void quietly(const RecloneOptions& options) {
  const test::Captured quiet(STDERR_FILENO);
  reclone(options);
}

}  // namespace

TEST_CASE("reclone decides by its table") {
  SECTION("row 1: the primary's data is not replaced") {
    for (const DataState state : settled)
      CHECK(plan_reclone_request(facts_of(state, Role::primary), false).action == RecloneAction::refuse);
  }
  SECTION("row 2: what is being carried out is not asked for again") {
    RecloneFacts facts = facts_of(DataState::replicating);
    facts.taken = true;
    CHECK(plan_reclone_request(facts, false).action == RecloneAction::nothing);
    facts.state = DataState::setting_aside;
    CHECK(plan_reclone_request(facts, false).action == RecloneAction::nothing);
  }
  SECTION("row 3: only settled data can be replaced") {
    CHECK(plan_reclone_request(facts_of(std::nullopt), false).action == RecloneAction::refuse);
    for (const DataState state : unfinished) {
      const ReclonePlan plan = plan_reclone_request(facts_of(state), false);
      CHECK(plan.action == RecloneAction::refuse);
      CHECK_THAT(text(plan), Catch::Contains(state_name(state)));
      CHECK_FALSE(hint(plan).empty());
    }
  }
  SECTION("row 4: settled data is asked for again, also to say it otherwise") {
    for (const DataState state : settled)
      for (const bool waits : {false, true}) {
        RecloneFacts facts = facts_of(state);
        facts.waits = waits;
        CHECK(plan_reclone_request(facts, false).action == RecloneAction::write);
      }
  }
  SECTION("rows 5 to 7: a request is withdrawn until it is taken") {
    const Role role = GENERATE(Role::primary, Role::replica);
    RecloneFacts facts = facts_of(std::nullopt, role);
    CHECK(plan_reclone_request(facts, true).action == RecloneAction::nothing);
    facts.waits = true;
    CHECK(plan_reclone_request(facts, true).action == RecloneAction::remove);
    facts.taken = true;
    CHECK(plan_reclone_request(facts, true).action == RecloneAction::refuse);
  }
}

TEST_CASE("a request is written beside a state that stays, and withdrawn again") {
  const TempDir root;
  const DataDir dir{root.path()};
  settle(root);
  write_text(root / "ibdata1", "pages");
  const std::string state = read_text(dir.state_file());
  quietly(options_for(root));
  CHECK_FALSE(inspect_data_dir(dir, "mysql-1").request->discard);
  RecloneOptions options = options_for(root);
  options.discard = true;
  quietly(options);
  CHECK(inspect_data_dir(dir, "mysql-1").request->discard);
  CHECK(read_text(dir.state_file()) == state);
  options = options_for(root);
  options.cancel = true;
  quietly(options);
  CHECK_FALSE(inspect_data_dir(dir, "mysql-1").request.has_value());
  quietly(options);
  CHECK(list_directory(dir.agent()) == std::vector<std::string>{"state.json"});
}

TEST_CASE("reclone refuses, and says what is wrong") {
  const TempDir root;
  CHECK(code_of([&] { reclone(options_for(root)); }) == ExitCode::refused);
  settle(root);
  CHECK(code_of([&] { reclone(options_for(root, "mysql-0")); }) == ExitCode::refused);
  CHECK(code_of([&] { reclone(options_for(root, "mysql-2")); }) == ExitCode::refused);
  write_text(DataDir{root.path()}.state_file(), "{");
  CHECK(code_of([&] { reclone(options_for(root)); }) == ExitCode::refused);
  RecloneOptions options = options_for(root);
  options.discard = options.cancel = true;
  CHECK(code_of([&] { reclone(options); }) == ExitCode::usage);
  options.dir = {root / "none"};
  CHECK(code_of([&] { reclone(options); }) == ExitCode::usage);
  CHECK_FALSE(fs::exists(DataDir{root.path()}.reclone_request()));
}

TEST_CASE("a request comes back from its text, and one that is cut or foreign is refused with a way out") {
  const RecloneRequest request{"mysql-1", "2026-01-31T23:59:59Z", true};
  const std::string text = reclone_request_text(request);
  CHECK(parse_reclone_request(text) == request);
  for (std::size_t length = 0; length + 2 <= text.size(); ++length)
    REQUIRE(code_of([&] { parse_reclone_request(text.substr(0, length)); }) == ExitCode::refused);
  const TempDir root;
  settle(root);
  write_text(DataDir{root.path()}.reclone_request(), GENERATE("", "{\"version\": 2}", "[]"));
  const Error error = error_of([&] { inspect_data_dir({root.path()}, "mysql-1"); });
  CHECK(error.code() == ExitCode::refused);
  CHECK_THAT(error.what(), Catch::Contains("reclone.json"));
  CHECK_THAT(error.hint(), Catch::Contains("reclone --cancel"));
  RecloneOptions options = options_for(root);
  options.cancel = true;
  quietly(options);
  inspect_data_dir({root.path()}, "mysql-1");
  write_reclone_request({root.path()}, {"mysql-2", "then", false});
  CHECK(code_of([&] { inspect_data_dir({root.path()}, "mysql-1"); }) == ExitCode::refused);
}

TEST_CASE("the state of a copy that is not understood is refused, with another way out than that of data") {
  const TempDir root;
  settle(root);
  write_text(DataDir{root.path()}.copy_state_file(), GENERATE("", "{\"version\": 2}", "{\"version\": 1, \"pod\""));
  const Error error = error_of([&] { inspect_data_dir({root.path()}, "mysql-1"); });
  CHECK(error.code() == ExitCode::refused);
  CHECK_THAT(error.what(), Catch::Contains("copy.json"));
  CHECK_THAT(error.hint(), Catch::Contains("remove this file"));
}

TEST_CASE("a request is either taken or withdrawn") {
  const TempDir root;
  const DataDir dir{root.path()};
  settle(root);
  CHECK_FALSE(take_reclone_request(dir));
  write_reclone_request(dir, {"mysql-1", "then", false});
  CHECK(take_reclone_request(dir));
  CHECK(take_reclone_request(dir));
  CHECK_FALSE(withdraw_reclone_request(dir));
  CHECK(inspect_data_dir(dir, "mysql-1").request.has_value());
  finish_reclone(dir);
  CHECK_FALSE(inspect_data_dir(dir, "mysql-1").request.has_value());
  write_reclone_request(dir, {"mysql-1", "then", false});
  CHECK(withdraw_reclone_request(dir));
  CHECK_FALSE(take_reclone_request(dir));
}

TEST_CASE("data is moved away with the system tables first, from every point where that was interrupted") {
  const std::vector<std::string> order{"mysql", ".healthcheck.cnf", "app", "ibdata1"};
  for (std::size_t done = 0; done <= order.size(); ++done) {
    INFO(done << " entries were moved");
    const TempDir root;
    const DataDir dir{root.path()};
    settle(root);
    fs::create_directory(root / "lost+found");
    write_text(root / "mysql" / "global_priv.MAD", "accounts");
    write_text(root / "app" / "t.ibd", "rows");
    write_text(root / "ibdata1", "pages");
    write_text(root / ".healthcheck.cnf", "password");
    const fs::path target = dir.set_aside() / "20260131T235959Z";
    fs::create_directories(target);
    for (std::size_t i = 0; i < done; ++i) fs::rename(root / order[i], target / order[i]);
    move_data_to(dir, target);
    CHECK(list_directory(root.path()) == std::vector<std::string>{".mysql-agent", "lost+found"});
    CHECK(list_directory(target) == std::vector<std::string>{".healthcheck.cnf", "app", "ibdata1", "mysql"});
    CHECK(read_text(target / "mysql" / "global_priv.MAD") == "accounts");
    CHECK(list_set_aside(dir) == std::vector<std::string>{"20260131T235959Z"});
  }
}

TEST_CASE("moving data away begins with the system tables, and replaces nothing") {
  const TempDir root;
  const DataDir dir{root.path()};
  settle(root);
  write_text(root / "mysql" / "global_priv.MAD", "accounts");
  write_text(root / "app" / "t.ibd", "rows");
  write_text(dir.discarded() / "app" / "t.ibd", "other rows");
  CHECK(code_of([&] { move_data_to(dir, dir.discarded()); }) == ExitCode::refused);
  CHECK_FALSE(fs::exists(root / "mysql"));
  CHECK(read_text(root / "app" / "t.ibd") == "rows");
  CHECK(read_text(dir.discarded() / "app" / "t.ibd") == "other rows");
}

TEST_CASE("each data that is set aside has a name of its own") {
  const TempDir root;
  const DataDir dir{root.path()};
  for (int i = 0; i < 3; ++i) fs::create_directories(dir.set_aside() / new_set_aside_name(dir));
  CHECK(list_set_aside(dir).size() == 3);
  CHECK_THAT(list_set_aside(dir).front(), Catch::Matches("[0-9]{8}T[0-9]{6}Z"));
}
