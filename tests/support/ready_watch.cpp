#include "tests/support/ready_watch.hpp"

#include <fmt/format.h>

#include "agent/pod/verdict.hpp"

namespace mysql_agent::test {
namespace {

constexpr std::chrono::milliseconds between_looks{100};
constexpr std::size_t changes_shown = 60;

}  // namespace

ReadyWatch::ReadyWatch(const TestSet& set) : set_(set) {
  for (int ordinal = 0; ordinal < pods; ++ordinal)
    threads_[static_cast<std::size_t>(ordinal)] = std::thread([this, ordinal] { watch(ordinal); });
}

namespace {

// Numbers and GTIDs move at each look; a list of changes is readable without them.
std::string without_numbers(std::string text) {
  std::erase_if(text, [](char c) { return (c >= '0' && c <= '9') || c == ':' || c == '-' || c == ','; });
  return text;
}

}  // namespace

ReadyWatch::~ReadyWatch() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
}

double ReadyWatch::now() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

void ReadyWatch::watch(int ordinal) {
  std::string last;
  while (!stop_) {
    const HttpAnswer answer = set_.probe(ordinal, "/readyz");
    if (answer.status != 0) ++answers_;
    const std::string text = answer.status == 0 ? "no answer\n" : std::to_string(answer.status) + " " + answer.body;
    const std::string kind = answer.status == 0 ? text : without_numbers(text) + (answer.status == 200 ? "+" : "");
    if (kind != last) {
      const std::lock_guard lock(mutex_);
      changes_.push_back(fmt::format("{:.1f} s mysql-{} {}", now(), ordinal, text));
      last = kind;
    }
    std::this_thread::sleep_for(between_looks);
  }
}

std::string ReadyWatch::changes() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (std::size_t i = changes_.size() - std::min(changes_.size(), changes_shown); i < changes_.size(); ++i)
    out += changes_[i];
  return out;
}

}  // namespace mysql_agent::test
