#include "tests/support/random_set.hpp"

#include <fmt/format.h>

#include <iostream>
#include <stdexcept>

#include "common/backup/clone_protocol.hpp"
#include "common/base/error.hpp"
#include "common/server/gtid.hpp"

namespace mysql_agent::test {
namespace {

constexpr std::chrono::seconds answer_within{60};

std::string pod_name(int ordinal) {
  return "mysql-" + std::to_string(ordinal);
}

}  // namespace

RandomSet::RandomSet(bool events) : events_(events), kubelet_(set_), watch_(set_) {
  if (events)
    for (const char* name : {"primary.cnf", "replica.cnf"})
      write_text(set_.config_map() / name, read_text(set_.config_map() / name) + "event_scheduler=ON\n");
  for (int ordinal = 0; ordinal < ReadyWatch::pods; ++ordinal)
    volumes_[ordinal] = std::make_unique<Volume>(set_.data(ordinal));
  kubelet_.start(0);
  if (!eventually(2 * answer_within, [&] { return kubelet_.look(), ready(0); }))
    throw std::runtime_error("the first pod did not come up\n" + story());
  writers_ = std::make_unique<Writers>(set_);
  set_.sql(0, "CREATE TABLE random.strays (id INT AUTO_INCREMENT PRIMARY KEY, pod INT)");
  set_.sql(0, "CREATE TABLE random.ticks (id INT AUTO_INCREMENT PRIMARY KEY, at TIMESTAMP)");
  for (int ordinal = 1; ordinal < count_; ++ordinal) kubelet_.start(ordinal);
}

RandomSet::~RandomSet() = default;

void RandomSet::say(const std::string& what) {
  steps_.push_back(fmt::format("{:4}. {:6.1f} s {}", steps_.size() + 1, watch_.now(), what));
  std::cout << steps_.back() << std::endl;
}

void RandomSet::sql(int ordinal, const std::string& statement) {
  std::string problem;
  const bool done = eventually(answer_within, [&] {
    kubelet_.look();
    try {
      set_.sql(ordinal, statement);
      return true;
    } catch (const Error& error) {
      problem = error.what();
      return false;
    }
  });
  if (!done) throw std::runtime_error(pod_name(ordinal) + " did not execute " + statement + ": " + problem);
}

void RandomSet::scale_to(int count, bool keep_volumes) {
  for (; count_ > count; --count_) {
    kubelet_.stop(count_ - 1, SIGTERM);
    if (keep_volumes) {
      past_[count_ - 1].went_back = true;
      continue;
    }
    volume(count_ - 1).wipe();
    past_.erase(count_ - 1);
  }
  for (; count_ < count; ++count_) kubelet_.start(count_);
}

void RandomSet::write_as_root(int ordinal) {
  if (set_.kind().is_mysql()) sql(ordinal, "SET GLOBAL super_read_only = OFF");
  sql(ordinal, "INSERT INTO random.strays (pod) VALUES (" + std::to_string(ordinal) + ")");
  past_[ordinal].root_wrote = true;
}

void RandomSet::reclone(int ordinal, bool discard) {
  Arguments argv =
      set_.kind().command({AGENT_BINARY, "reclone", "--pod-name", pod_name(ordinal), "--data-dir", set_.data(ordinal)});
  if (discard) argv.push_back("--discard");
  // A clone that is under way has no data yet that could be replaced.
  if (run_to_end(argv).exit_code == 0) past_.erase(ordinal);
  kubelet_.stop(ordinal, SIGTERM);
  kubelet_.start(ordinal);
}

void RandomSet::lose_volume(int ordinal) {
  kubelet_.stop(ordinal, SIGKILL);
  volume(ordinal).wipe();
  past_.erase(ordinal);
  kubelet_.start(ordinal);
}

// A pod that stands still writes nothing, so the copy is what a snapshot of a volume is.
void RandomSet::save_volume(int ordinal) {
  kubelet_.signal_sidecar(ordinal, SIGSTOP);
  kubelet_.signal_server(ordinal, SIGSTOP);
  volume(ordinal).save(set_.dir(ordinal) / "snapshot");
  kubelet_.signal_server(ordinal, SIGCONT);
  kubelet_.signal_sidecar(ordinal, SIGCONT);
  saved_[ordinal] = past_[ordinal];
}

void RandomSet::restore_volume(int ordinal) {
  if (saved_.count(ordinal) == 0) {
    save_volume(ordinal);
    kubelet_.run_for(std::chrono::seconds(3));
  }
  kubelet_.stop(ordinal, SIGKILL);
  volume(ordinal).restore(set_.dir(ordinal) / "snapshot");
  past_[ordinal] = saved_.at(ordinal);
  past_[ordinal].went_back = true;
  kubelet_.start(ordinal);
}

bool RandomSet::is_spare(int first, int last) const {
  for (int ordinal = 0; ordinal < count_; ++ordinal)
    if ((ordinal < first || ordinal > last) && ready(ordinal)) return true;
  return false;
}

bool RandomSet::may_lose_primary() const {
  for (int ordinal = 1; ordinal < count_; ++ordinal)
    if (const auto past = past_.find(ordinal); past == past_.end() || !past->second.root_wrote) return true;
  return false;
}

bool RandomSet::wait_told() {
  // Events go on writing, so a replica may be past this already.
  const auto flavour = set_.kind().version().flavour;
  const auto position = GtidPosition::parse(flavour, set_.logged(0));
  const auto told = [&](int ordinal) {
    try {
      const auto info = parse_donor_info(set_.ask_donor(ordinal).body);
      return GtidPosition::parse(flavour, info.position).covers(position);
    } catch (const Error&) {
      return false;
    }
  };
  return eventually(answer_within, [&] {
    for (int ordinal = 1; ordinal < count_; ++ordinal)
      if (ready(ordinal) && !told(ordinal)) return false;
    return true;
  });
}

std::string RandomSet::counts() const {
  return fmt::format(
      "{} steps, {} quiet moments, {} comparisons; {} acknowledged rows, {} definitions; {} answers of "
      "/readyz",
      steps_.size(), quiet_moments_, comparisons_, writers_->acknowledged(), writers_->definitions(), watch_.answers());
}

std::string RandomSet::story() const {
  std::string out = "the steps:\n";
  for (const std::string& step : steps_) out += step + "\n";
  out += "the last changes of /readyz:\n" + watch_.changes() + "now:\n";
  for (int ordinal = 0; ordinal < count_; ++ordinal)
    out += pod_name(ordinal) + " " + set_.probe(ordinal, "/readyz").body + "\n";
  for (int ordinal = 0; ordinal < count_; ++ordinal) out += kubelet_.logs(ordinal);
  return out;
}

}  // namespace mysql_agent::test
