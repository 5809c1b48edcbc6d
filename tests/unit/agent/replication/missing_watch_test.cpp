#include "agent/replication/missing_watch.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;
using namespace std::chrono_literals;

namespace {

const MissingWatch::Clock::time_point begin{1000s};

std::string at_number(int number) {
  return "0-100-" + std::to_string(number);
}

// A watch with the primary's positions, of family MariaDB, as if it were looked at in order.
struct Watched {
  MissingWatch watch;
  void note(std::chrono::milliseconds at, int number) { watch.note(begin + at, Flavour::mariadb, at_number(number)); }
  std::optional<std::chrono::milliseconds> missing_for(std::chrono::milliseconds at, int executed) {
    return watch.missing_for(begin + at, Flavour::mariadb, at_number(executed));
  }
};

}  // namespace

TEST_CASE("a replica lacks something for as long as the oldest position of its primary that it has not executed") {
  Watched set;
  CHECK_FALSE(set.missing_for(0s, 1));
  set.note(0s, 1);
  CHECK_FALSE(set.missing_for(1s, 1));
  set.note(2s, 5);
  set.note(4s, 9);
  // What is new at one look may have been there just after the look before.
  CHECK(set.missing_for(6s, 1) == 6000ms);
  CHECK(set.missing_for(7s, 4) == 7000ms);
  CHECK(set.missing_for(7s, 5) == 5000ms);
  CHECK(set.missing_for(8s, 8) == 6000ms);
  CHECK_FALSE(set.missing_for(8s, 9));
}

TEST_CASE("while the primary is idle nothing goes missing, and what is missing does not get younger") {
  Watched set;
  for (int second = 0; second < 1000; second += 2) set.note(std::chrono::seconds(second), 7);
  CHECK(set.watch.kept() == 1);
  CHECK(set.missing_for(1000s, 6) == 1000s);
  CHECK_FALSE(set.missing_for(1000s, 7));
  for (int second = 1000; second < 2000; second += 2) {
    set.note(std::chrono::seconds(second), 7);
    CHECK_FALSE(set.missing_for(std::chrono::seconds(second), 7));
  }
}

TEST_CASE("a replica that keeps up with a busy primary lacks nothing for longer than from one question to the next") {
  Watched set;
  for (int second = 0; second < 600; second += 2) {
    // What it has executed was read at that second, and the primary's answer is of half a second later.
    set.note(std::chrono::seconds(second) + 500ms, 10 * second + 5);
    CHECK(set.missing_for(std::chrono::seconds(second), 10 * second).value_or(0ms) <= 2s);
  }
}

TEST_CASE("after a time in which the primary told nothing, what is new is not taken for older than a look") {
  Watched set;
  set.note(0s, 1);
  set.note(100s, 5);
  CHECK(set.missing_for(100s, 4) == 2s);
}

TEST_CASE("few positions are kept, and an age is told to within a tenth of it and a look") {
  Watched set;
  for (int second = 0; second < 3600; ++second) set.note(std::chrono::seconds(second), second + 1);
  CHECK(set.watch.kept() <= 200);
  CHECK(set.missing_for(3600s, 0) == 3600s);
  for (const int executed : {360, 1800, 3000, 3570, 3590}) {
    const std::chrono::seconds real(3600 - executed);
    const auto told = set.missing_for(3600s, executed);
    INFO(real.count() << " s");
    REQUIRE(told);
    CHECK(*told >= real);
    CHECK(*told * 10 <= (real + 2s) * 11);
  }
  Watched often;
  for (int n = 0; n < 100; ++n) often.note(n * 100ms, n);
  CHECK(often.watch.kept() == 10);
}

TEST_CASE("what a primary has lost, or cannot be read, is not waited for") {
  Watched set;
  set.note(0s, 9);
  set.note(2s, 4);
  CHECK(set.missing_for(5s, 3) == 5s);
  CHECK_FALSE(set.missing_for(5s, 4));
  set.watch.note(begin + 9s, Flavour::mariadb, "nonsense");
  CHECK(set.watch.kept() == 0);
  set.note(10s, 12);
  CHECK_FALSE(set.watch.missing_for(begin + 12s, Flavour::mariadb, "nonsense"));
  CHECK(set.missing_for(12s, 4) == 4s);
  set.watch.forget();
  CHECK_FALSE(set.missing_for(12s, 4));
}

TEST_CASE("an age is known once the replica has had what its primary told") {
  Watched set;
  CHECK_FALSE(set.watch.measured());
  set.note(0s, 5);
  CHECK(set.missing_for(2s, 4) == 2s);
  CHECK_FALSE(set.watch.measured());
  set.note(2s, 9);
  CHECK(set.missing_for(3s, 7) == 3s);
  CHECK(set.watch.measured());
  set.watch.forget();
  CHECK(set.watch.measured());
}

TEST_CASE("MySQL's sets are compared as sets") {
  MissingWatch watch;
  const std::string uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  watch.note(begin, Flavour::mysql, uuid + ":1-9");
  CHECK(watch.missing_for(begin + 3s, Flavour::mysql, uuid + ":1-7:9") == 3s);
  CHECK_FALSE(watch.missing_for(begin + 3s, Flavour::mysql, uuid + ":1-10"));
}
