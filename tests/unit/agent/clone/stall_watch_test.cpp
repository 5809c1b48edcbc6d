#include "agent/clone/stall_watch.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <utility>

using namespace mysql_agent;
using namespace std::chrono_literals;

namespace {

// What the functions of a watch share with each other, and with the test once the watch was stopped.
struct Work {
  std::atomic<int> looks{0};
  std::atomic<int> kills{0};
  std::string stage;  // only the watch's thread uses it, until stop()

  StallWatchOptions options(int moving_looks, std::chrono::milliseconds stall_timeout) {
    return {.goes_on =
                [this, moving_looks] {
                  stage = "look " + std::to_string(++looks);
                  return looks <= moving_looks;
                },
            .kill = [this] { ++kills; },
            .look_every = 1ms,
            .stall_timeout = stall_timeout};
  }
};

// Waits until `number` is at least `least`, or for 20 s.
bool reaches(const std::atomic<int>& number, int least) {
  for (const auto deadline = std::chrono::steady_clock::now() + 20s; std::chrono::steady_clock::now() < deadline;) {
    if (number >= least) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

}  // namespace

TEST_CASE("a watch kills what stalls, once, and looks no more") {
  Work work;
  StallWatch watch(work.options(5, 20ms));
  const auto began = std::chrono::steady_clock::now();
  REQUIRE(reaches(work.kills, 1));
  CHECK(std::chrono::steady_clock::now() - began >= 20ms);
  const int looks = work.looks;
  std::this_thread::sleep_for(10ms);
  watch.stop();
  CHECK(watch.stalled());
  CHECK(work.kills == 1);
  CHECK(work.looks == looks);
  CHECK(looks > 5);
  CHECK(work.stage == "look " + std::to_string(looks));
}

TEST_CASE("a watch lets go on what goes on, for longer than the stall timeout") {
  Work work;
  // The timeout is long enough for a machine that is busy.
  StallWatch watch(work.options(1'000'000, 500ms));
  const auto began = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - began < 600ms) REQUIRE(reaches(work.looks, work.looks + 1));
  watch.stop();
  CHECK_FALSE(watch.stalled());
  CHECK(work.kills == 0);
  CHECK(work.stage == "look " + std::to_string(work.looks));
}

TEST_CASE("a watch that is stopped, or given up, calls nothing any more") {
  Work work;
  {
    const StallWatch given_up(work.options(0, 1h));
    REQUIRE(reaches(work.looks, 1));
  }
  const int looks = work.looks;
  work.stage = "of the test";
  std::this_thread::sleep_for(10ms);
  CHECK(work.looks == looks);

  StallWatchOptions slow = work.options(0, 1h);
  slow.look_every = 1h;
  StallWatch watch(std::move(slow));
  const auto began = std::chrono::steady_clock::now();
  watch.stop();
  watch.stop();
  CHECK(std::chrono::steady_clock::now() - began < 20s);
  CHECK(work.looks == looks);
}

TEST_CASE("to stop a watch is to wait for the call that runs") {
  std::atomic<bool> looks{false};
  std::string last;  // without a lock: the watch's thread is gone when the test reads it
  StallWatch watch({.goes_on =
                        [&] {
                          looks = true;
                          std::this_thread::sleep_for(20ms);
                          last = "the look is over";
                          return true;
                        },
                    .kill = [] {},
                    .look_every = 1ms,
                    .stall_timeout = 1h});
  while (!looks) std::this_thread::sleep_for(1ms);
  watch.stop();
  CHECK(last == "the look is over");
}
