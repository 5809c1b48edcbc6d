#include "agent/replication/source_choice.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace mysql_agent;
using namespace std::chrono_literals;

namespace {

constexpr const char* primary_host = "mysql-0.mysql";

DonorInfo info(const std::string& pod, const std::string& position, const std::string& log_start = "") {
  DonorInfo out;
  out.pod = pod;
  out.position = position;
  out.log_start = log_start;
  out.has_data = true;
  return out;
}

SourceCandidate sibling(int ordinal, const std::string& position, const std::string& log_start = "") {
  const std::string pod = "mysql-" + std::to_string(ordinal);
  return {pod + ".mysql", info(pod, position, log_start)};
}

SourceChoice choose(const std::string& executed, const std::optional<DonorInfo>& primary,
                    const std::vector<SourceCandidate>& siblings, const std::string& now = primary_host) {
  return choose_source(Flavour::mariadb, executed, now, primary_host, primary, siblings);
}

const std::string uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

}  // namespace

TEST_CASE("a replica's set is compared with its primary's") {
  CHECK(compare_sets("a", "") == SetIdentity::unknown);
  CHECK(compare_sets("", "") == SetIdentity::unknown);
  CHECK(compare_sets("", "a") == SetIdentity::same);
  CHECK(compare_sets("a", "a") == SetIdentity::same);
  CHECK(compare_sets("a", "b") == SetIdentity::other);
}

TEST_CASE("row 1: while the primary does not say its position the source stays") {
  for (const char* now : {primary_host, "mysql-1.mysql"}) {
    CHECK(choose("0-100-5", std::nullopt, {sibling(1, "0-100-9")}, now).host == now);
    DonorInfo without = info("mysql-0", "0-100-9", "0-100-7");
    without.has_data = false;
    CHECK(choose("0-100-5", without, {sibling(1, "0-100-9")}, now).host == now);
    CHECK(choose("0-100-5", info("mysql-0", "0-100-9", "nonsense"), {sibling(1, "0-100-9")}, now).host == now);
  }
  CHECK(choose("0-100-5", std::nullopt, {}, "mysql-1.mysql").sibling);
  CHECK_FALSE(choose("0-100-5", std::nullopt, {}).sibling);
}

TEST_CASE("row 2: a replica that has all of the primary's log start follows the primary, wherever it caught up") {
  for (const char* now : {primary_host, "mysql-1.mysql"})
    for (const char* start : {"", "0-100-5", "0-100-4"}) {
      const SourceChoice choice = choose("0-100-5", info("mysql-0", "0-100-9", start), {sibling(1, "0-100-9")}, now);
      CHECK(choice.host == primary_host);
      CHECK_FALSE(choice.sibling);
      CHECK_FALSE(choice.hold);
    }
}

TEST_CASE("row 3: what the primary's logs lack comes from the sibling that has most of it") {
  const DonorInfo primary = info("mysql-0", "0-100-20", "0-100-15");
  const SourceChoice choice =
      choose("0-100-5", primary, {sibling(1, "0-100-8"), sibling(3, "0-100-15"), sibling(4, "0-100-9")});
  CHECK(choice.host == "mysql-3.mysql");
  CHECK(choice.sibling);
  CHECK_FALSE(choice.hold);
  // Beyond what is missing nothing more is gained: the first of equals.
  CHECK(choose("0-100-5", primary, {sibling(1, "0-100-15"), sibling(3, "0-100-19")}).host == "mysql-1.mysql");
}

TEST_CASE("row 3: a sibling whose own logs begin too late, or that does not say what it has, is no help") {
  const DonorInfo primary = info("mysql-0", "0-100-20", "0-100-15");
  CHECK(choose("0-100-5", primary, {sibling(1, "0-100-20", "0-100-6"), sibling(3, "0-100-12", "0-100-5")}).host ==
        "mysql-3.mysql");
  SourceCandidate silent = sibling(1, "0-100-20");
  silent.info.has_data = false;
  CHECK(choose("0-100-5", primary, {silent}).hold);
  CHECK(choose("0-100-5", primary, {sibling(1, "nonsense")}).hold);
}

TEST_CASE("row 4: where nobody has what is missing the GTIDs are said") {
  const SourceChoice held =
      choose("0-100-5,1-100-1", info("mysql-0", "0-100-20", "0-100-15,1-100-1"), {sibling(1, "0-100-5")});
  CHECK_THAT(hold_text(*held.hold), Catch::Contains("lacks 0-100-15") && Catch::Contains("at 0-100-5,1-100-1") &&
                                        Catch::Contains("mysql-1 at 0-100-5"));
  CHECK_THAT(hold_text(*choose("", info("mysql-0", "0-100-20", "0-100-15"), {}).hold),
             Catch::Contains("at none") && Catch::Contains("none answers"));
}

TEST_CASE("MySQL's sets are compared transaction by transaction") {
  const auto chosen = [](const std::string& executed, const std::string& start,
                         const std::vector<SourceCandidate>& siblings) {
    return choose_source(Flavour::mysql, executed, primary_host, primary_host, info("mysql-0", uuid + ":1-20", start),
                         siblings);
  };
  CHECK(chosen(uuid + ":1-5", uuid + ":1-5", {}).host == primary_host);
  CHECK(chosen(uuid + ":1-5", uuid + ":1-15", {sibling(1, uuid + ":1-9"), sibling(2, uuid + ":1-15", uuid + ":1-5")})
            .host == "mysql-2.mysql");
  CHECK_THAT(hold_text(*chosen(uuid + ":1-5", uuid + ":1-15", {}).hold), Catch::Contains("lacks " + uuid + ":6-15"));
}

TEST_CASE("row 3: a sibling that lacks more than this replica does is no help") {
  const DonorInfo primary = info("mysql-0", "0-100-930", "0-100-920");
  CHECK(choose("0-100-850", primary, {sibling(1, "0-100-920"), sibling(3, "0-100-800")}).host == "mysql-1.mysql");
  CHECK(choose("0-100-850", primary, {sibling(3, "0-100-800")}).hold);
  CHECK(choose("0-100-850", primary, {sibling(3, "0-100-850")}).hold);
}

TEST_CASE("row 3: a sibling that is held for transactions of its own would hand them on") {
  const DonorInfo primary = info("mysql-0", "0-100-20", "0-100-15");
  for (const char* held : {"diverged", "other_set"}) {
    SourceCandidate bad = sibling(1, "0-100-20");
    bad.info.held = held;
    CHECK(choose("0-100-5", primary, {bad, sibling(2, "0-100-12")}).host == "mysql-2.mysql");
    CHECK(choose("0-100-5", primary, {bad}).hold);
  }
  // It has what it has.
  SourceCandidate purged = sibling(1, "0-100-15");
  purged.info.held = "purged";
  CHECK(choose("0-100-5", primary, {purged}).host == "mysql-1.mysql");
}

TEST_CASE("what a replica has more than a primary was recovered with is found, before it gets what came after") {
  const Recovery first{"a", "0-100-3"};
  const Recovery second{"b", "0-100-40,1-100-2"};
  const auto beyond = [](const std::vector<Recovery>& own, const std::vector<std::string>& has,
                         const std::vector<Recovery>& of_primary) {
    return beyond_recovery(Flavour::mariadb, own, has, of_primary);
  };
  CHECK(beyond({}, {"0-100-53"}, {}) == "");
  CHECK(beyond({}, {"0-100-53"}, {first}) == "0-100-53");
  CHECK(beyond({}, {"0-100-3"}, {first}) == "");
  CHECK(beyond({}, {"0-100-2", ""}, {first}) == "");
  // Executed, or only received: it would be executed.
  CHECK(beyond({}, {"0-100-3", "0-100-53"}, {first}) == "0-100-53");
  // The first one that it does not know counts; what it knows, it has been compared with.
  CHECK(beyond({}, {"0-100-30"}, {first, second}) == "0-100-30");
  CHECK(beyond({first}, {"0-100-30"}, {first, second}) == "");
  CHECK(beyond({first}, {"0-100-41"}, {first, second}) == "0-100-41");
  CHECK(beyond({first, second}, {"0-100-99"}, {first, second}) == "");
  CHECK(beyond_recovery(Flavour::mysql, {}, {uuid + ":1-9"}, {{"a", uuid + ":1-5"}}) == uuid + ":6-9");
  // What cannot be read says nothing.
  CHECK(beyond({}, {"nonsense"}, {first}) == "");
  CHECK(beyond({}, {"0-100-53"}, {{"a", "nonsense"}}) == "");
}

TEST_CASE("a replica's position is compared with one that the primary told surely later") {
  using Clock = DivergenceWatch::Clock;
  const Clock::time_point start = Clock::now();
  const auto at = [&](int seconds) { return start + std::chrono::seconds(seconds); };
  DivergenceWatch watch;
  SECTION("commits in flight are no divergence") {
    // What the primary's sidecar tells is always some seconds old, and so behind.
    for (int second = 0; second < 60; ++second)
      CHECK(watch
                .look(at(second), Flavour::mariadb, "0-100-" + std::to_string(100 + second),
                      "0-100-" + std::to_string(98 + second), 2s)
                .empty());
  }
  SECTION("what the primary never gets is") {
    std::string found;
    for (int second = 0; second < 15; ++second)
      found = watch.look(at(second), Flavour::mariadb, "0-100-100", "0-100-90", 2s);
    CHECK(found == "0-100-100");
    CHECK(watch.transactions() == 10);
    for (int second = 15; second < 40; ++second)
      found = watch.look(at(second), Flavour::mariadb, "0-100-100", "0-100-100", 2s);
    CHECK(found.empty());
    CHECK(watch.transactions() == 0);
  }
  SECTION("on MySQL too, with the very transactions") {
    std::string found;
    for (int second = 0; second < 15; ++second)
      found = watch.look(at(second), Flavour::mysql, uuid + ":1-10",
                         uuid + ":1-8,4e11fa47-71ca-11e1-9e33-c80aa9429562:1", 2s);
    CHECK(found == uuid + ":9-10");
  }
  SECTION("an old answer is compared with what the replica had before it") {
    // The primary's look hangs: the same position for half a minute, ever older, while commits go on.
    for (int second = 0; second < 30; ++second) {
      const auto age = std::chrono::seconds(2 + std::max(0, second - 10));
      const int told = 98 + std::min(second, 10);
      CHECK(watch
                .look(at(second), Flavour::mariadb, "0-100-" + std::to_string(100 + second),
                      "0-100-" + std::to_string(told), age)
                .empty());
    }
  }
  SECTION("an answer that cannot be read changes nothing") {
    for (int second = 0; second < 40; ++second)
      CHECK(watch.look(at(second), Flavour::mariadb, "0-100-100", "nonsense", 2s).empty());
  }
}

TEST_CASE("a replica that knows none of the openings that its primary still tells counts with all that it has") {
  std::vector<Recovery> told;
  for (int i = 0; i < 16; ++i) told.push_back({.id = "later-" + std::to_string(i), .position = "0-100-9"});
  const std::vector<Recovery> own{{.id = "old", .position = "0-100-1"}};
  CHECK(beyond_recovery(Flavour::mariadb, own, {"0-100-5"}, told) == "0-100-5");
  told.pop_back();  // such a list was never cut
  CHECK(beyond_recovery(Flavour::mariadb, own, {"0-100-5"}, told).empty());
}
