#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>

#include "tests/support/random_steps.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

using Clock = std::chrono::steady_clock;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

bool has_events(const std::vector<Step>& steps) {
  for (const Step& step : steps)
    if (std::string(step.name) == "event") return true;
  return false;
}

// Does steps until the time is over. Only the seed decides which steps: each step draws the same number of times,
// whether it succeeds or not.
std::string run_steps(RandomSet& set, const std::vector<Step>& steps, unsigned seed, Clock::time_point until) {
  std::mt19937 random(seed);
  if (const std::string problem = set.quiet(); !problem.empty()) return problem;
  while (Clock::now() < until) {
    const Step& step = choose(steps, static_cast<unsigned>(random()));
    Draw draw;
    draw.pod = static_cast<unsigned>(random()) >> 8;
    draw.variant = static_cast<unsigned>(random()) >> 8;
    const bool is_quiet_then = random() % 3 != 0;
    step.act(set, draw);
    // The writers and the agents get time for this step before the next step.
    set.kubelet().run_for(std::chrono::milliseconds(random() % 2000));
    if (!is_quiet_then) continue;
    if (const std::string problem = set.quiet(); !problem.empty()) return problem;
  }
  return set.last_quiet();
}

void run_seed(unsigned seed, std::chrono::seconds time) {
  const std::vector<Step> steps = chosen_steps(variable("MYSQL_AGENT_TEST_STEPS"));
  const std::string again = "MYSQL_AGENT_TEST_SEED=" + std::to_string(seed);
  RandomSet set(has_events(steps));
  std::cout << "random: " << set.set().kind().name() << ", " << again << ", " << time.count() << " s" << std::endl;
  std::string problem;
  try {
    problem = run_steps(set, steps, seed, Clock::now() + time);
  } catch (const std::exception& error) {
    problem = error.what();
  }
  std::cout << "random: " << set.counts() << std::endl;
  if (!problem.empty()) FAIL(problem << "\nseed: " << again << "\n" << set.counts() << "\n" << set.story());
}

}  // namespace

TEST_CASE("whatever happens to a set under writers, a pod that is Ready has the primary's rows, and none is lost",
          "[random]") {
  const std::string seed = variable("MYSQL_AGENT_TEST_SEED");
  const std::string given = variable("MYSQL_AGENT_TEST_SECONDS");
  const std::chrono::seconds time(given.empty() ? (long_tests() ? 2400 : 120) : std::stol(given));
  if (!seed.empty()) return run_seed(static_cast<unsigned>(std::stoul(seed)), time);
  if (!long_tests()) return run_seed(1, time);
  // Makes a new set now and then, because a fault from the beginning of a set lasts as long as the set.
  const std::chrono::seconds each = std::min<std::chrono::seconds>(time, std::chrono::minutes(10));
  for (const auto end = Clock::now() + time; Clock::now() < end;) run_seed(std::random_device{}(), each);
}
