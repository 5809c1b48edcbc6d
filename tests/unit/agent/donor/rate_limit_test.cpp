#include "agent/donor/rate_limit.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;
using Clock = RateLimit::Clock;
using std::chrono::milliseconds;

TEST_CASE("a rate of nothing is no limit") {
  RateLimit rate(0);
  const auto now = Clock::now();
  CHECK(rate.piece(1 << 20) == 1 << 20);
  for (int i = 0; i < 5; ++i) CHECK(rate.reserve(now, 1 << 30) == now);
}

TEST_CASE("what is sent together takes as long as the rate says, whoever sends it") {
  RateLimit rate(1000);
  const auto now = Clock::now();
  CHECK(rate.reserve(now, 100) == now);
  CHECK(rate.reserve(now, 200) == now + milliseconds(100));
  CHECK(rate.reserve(now, 100) == now + milliseconds(300));
  // What was not used before is not made up for.
  CHECK(rate.reserve(now + milliseconds(5000), 100) == now + milliseconds(5000));
  CHECK(rate.reserve(now + milliseconds(5000), 100) == now + milliseconds(5100));
}

TEST_CASE("pieces are a tenth of a second, at most what was wanted, and never nothing") {
  CHECK(RateLimit(1000).piece(1 << 20) == 100);
  CHECK(RateLimit(1 << 30).piece(1 << 20) == 1 << 20);
  CHECK(RateLimit(3).piece(1 << 20) == 1);
}
