// What RandomSet looks at in a quiet moment.

#include <fmt/format.h>

#include "agent/pod/status_report.hpp"
#include "tests/support/comparison.hpp"
#include "tests/support/random_set.hpp"

namespace mysql_agent::test {
namespace {

using Clock = std::chrono::steady_clock;

// A clone by MySQL's plugin, or a server that waits for space (MariaDB looks once a minute), on a busy machine.
constexpr std::chrono::seconds settled_within{180};
// A hold that nothing explains; one of a moment may be right.
constexpr std::chrono::seconds held_at_most{20};
// A replica that is Ready may be behind by --max-lag, 30 s.
constexpr std::chrono::seconds noticed_within{45};

constexpr const char* changed = "a pod that was Ready is not Ready any more, again and again";

std::string pod_name(int ordinal) {
  return "mysql-" + std::to_string(ordinal);
}

}  // namespace

std::string RandomSet::quiet() {
  ++quiet_moments_;
  if (!writers_->pause()) return "a statement of a writer did not come to its end";
  if (events_) sql(0, "SET GLOBAL event_scheduler = OFF");
  held_since_.clear();
  std::string problem = changed;
  for (int looks = 0; problem == changed && looks < 10; ++looks) {
    problem = settle();
    if (problem.empty()) problem = compare();
  }
  if (problem.empty()) problem = deaths();
  if (!problem.empty()) return problem;
  may_die_.clear();
  // Old data that was set aside is a person's to remove.
  for (int ordinal = 1; ordinal < count_; ++ordinal)
    std::filesystem::remove_all(set_.data(ordinal) / ".mysql-agent/set-aside");
  if (events_) sql(0, "SET GLOBAL event_scheduler = ON");
  writers_->resume();
  return "";
}

std::string RandomSet::last_quiet() {
  for (int ordinal = 1; ordinal < count_; ++ordinal)
    if (const auto past = past_.find(ordinal);
        past != past_.end() && (past->second.root_wrote || past->second.went_back)) {
      say("at the end, reclone " + pod_name(ordinal));
      reclone(ordinal, false);
      past_.erase(ordinal);
    }
  return quiet();
}

// Until each pod is Ready, or is held for what was done to it.
std::string RandomSet::settle() {
  std::string problem;
  const bool settled = eventually(settled_within, [&] {
    kubelet_.look();
    problem.clear();
    for (const auto& [ordinal, since] : held_since_)
      if (Clock::now() - since > held_at_most) {
        problem = pod_name(ordinal) + " is on hold, and nothing that was done to it explains that: ";
        problem += set_.probe(ordinal, "/readyz").body;
        return true;
      }
    for (int ordinal = 0; ordinal < count_; ++ordinal) problem += why_not_settled(ordinal);
    return problem.empty();
  });
  return settled ? problem : "not settled after " + std::to_string(settled_within.count()) + " s:\n" + problem;
}

std::string RandomSet::why_not_settled(int ordinal) {
  const HttpAnswer answer = set_.probe(ordinal, "/readyz");
  const auto settled = [&] {
    held_since_.erase(ordinal);
    return std::string();
  };
  if (answer.body == "ok\n") return settled();
  StatusReport report;
  try {
    report = read_status_report(pod_name(ordinal), set_.probe(ordinal, "/status").body);
  } catch (const Error&) {
    // It says why not below.
  }
  if (!report.held.empty()) {
    const Past past = past_[ordinal];
    if (past.root_wrote || (past.went_back && report.held_kind == HoldKind::purged)) return settled();
    held_since_.try_emplace(ordinal, Clock::now());
  } else {
    held_since_.erase(ordinal);
  }
  return pod_name(ordinal) + " " + answer.body;
}

std::string RandomSet::deaths() {
  std::string out;
  for (const Kubelet::Death& death : kubelet_.take_deaths())
    if (!death.is_server || may_die_.count(death.ordinal) == 0) out += death.text + "\n";
  return out;
}

// Empty, what is wrong, or `changed`: then the pods have to settle again.
std::string RandomSet::compare() {
  for (int ordinal = 1; ordinal < count_; ++ordinal)
    if (ready(ordinal))
      if (const std::string problem = compare(ordinal); !problem.empty()) return problem;
  return check_primary();
}

std::string RandomSet::compare(int ordinal) {
  const auto began = Clock::now();
  Clock::duration
      of_primary{};  // a primary whose volume was full answers after a minute, and no replica is behind then
  std::string problem;
  const bool same = eventually(noticed_within, [&] {
    kubelet_.look();
    try {
      problem.clear();
      const auto asked = Clock::now();
      const auto wanted = tables_of(set_, 0);
      of_primary += Clock::now() - asked;
      const bool arrived = wait_for_primary(set_, ordinal, std::chrono::seconds(10));
      problem = difference(wanted, tables_of(set_, ordinal));
      if (problem.empty() && !arrived) problem = "it did not get to the primary's position " + set_.logged(0) + "\n";
    } catch (const Error& error) {
      problem = std::string(error.what()) + "\n";
    }
    return problem.empty();
  });
  ++comparisons_;
  // A server may keep a statement waiting for longer.
  if (same && Clock::now() - began - of_primary <= noticed_within) return "";
  const HttpAnswer answer = set_.probe(ordinal, "/readyz");
  if (answer.status != 200 || !ready(0)) return changed;
  if (same) return pod_name(ordinal) + " IS READY AND WAS BEHIND for more than 45 s: " + answer.body;
  return pod_name(ordinal) + " IS READY AND DIFFERS: " + answer.body + problem;
}

std::string RandomSet::check_primary() {
  try {
    if (!ready(0)) return changed;
    if (const std::string missing = writers_->missing(); !missing.empty()) return "the primary lacks rows:\n" + missing;
    const std::string strays = set_.value(0, "SELECT GROUP_CONCAT(pod) FROM random.strays");
    return strays == "NULL" ? "" : "the primary has what root wrote on a replica: mysql-" + strays;
  } catch (const Error& error) {
    return "the primary is Ready and does not answer: " + std::string(error.what());
  }
}

}  // namespace mysql_agent::test
