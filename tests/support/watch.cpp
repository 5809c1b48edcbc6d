#include "tests/support/watch.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace mysql_agent::test {

namespace {

nlohmann::json donor_json(const TestSet& set, int ordinal) {
  try {
    return nlohmann::json::parse(set.ask_donor(ordinal).body);
  } catch (const std::exception&) {
    return nlohmann::json::object();  // nobody listens, or what answers is no sidecar
  }
}

}  // namespace

Watch::Watch(std::chrono::milliseconds interval, std::function<std::string()> look)
    : look_(std::move(look)), thread_([this, interval] {
        while (!stop_) {
          const auto at =
              std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun_);
          std::string text = look_();
          if (!text.empty()) {
            const std::lock_guard lock(mutex_);
            seen_.push_back(std::to_string(at.count()) + " ms: " + std::move(text));
          }
          ++looks_;
          std::this_thread::sleep_for(interval);
        }
      }) {}

Watch::~Watch() {
  stop_ = true;
  thread_.join();
}

std::string Watch::seen() const {
  const std::lock_guard lock(mutex_);
  std::string lines;
  for (std::size_t i = 0; i < seen_.size() && i < 20; ++i) lines += seen_[i] + "\n";
  return lines;
}

void Watch::wait_looks(int count) const {
  const int until = looks() + count;
  REQUIRE(eventually(std::chrono::minutes(2), [&] { return looks() >= until; }));
}

std::unique_ptr<Watch> watch_ready(const TestSet& set, int ordinal, std::chrono::milliseconds interval) {
  return std::make_unique<Watch>(interval, [&set, ordinal] {
    const HttpAnswer answer = set.probe(ordinal, "/readyz");
    return answer.status == 200 ? "/readyz of pod " + std::to_string(ordinal) + " said: " + answer.body : "";
  });
}

std::unique_ptr<Watch> watch_fit(const TestSet& set, int ordinal, std::chrono::milliseconds interval) {
  return std::make_unique<Watch>(interval, [&set, ordinal] {
    return donor_says(set, ordinal, "fit") ? "/v1/donor of pod " + std::to_string(ordinal) + " said: fit" : "";
  });
}

std::string donor_text(const TestSet& set, int ordinal) {
  return donor_json(set, ordinal).dump();
}

bool donor_says(const TestSet& set, int ordinal, const std::string& field) {
  const auto json = donor_json(set, ordinal);
  const auto found = json.find(field);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

std::string donor_field(const TestSet& set, int ordinal, const std::string& field) {
  const auto json = donor_json(set, ordinal);
  const auto found = json.find(field);
  if (found == json.end()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

}  // namespace mysql_agent::test
