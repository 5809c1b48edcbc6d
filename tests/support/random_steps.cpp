#include "tests/support/random_steps.hpp"

#include <sstream>
#include <stdexcept>

#include "tests/support/random_acts.hpp"

namespace mysql_agent::test {
namespace {

const std::vector<Step>& all_steps() {
  static const std::vector<Step> steps{
      {"server", 10, true, acts::end_server},
      {"sidecar", 8, true, acts::end_sidecar},
      {"pod", 10, true, acts::end_pod},
      {"all-pods", 3, true, acts::end_all_pods},
      {"pause-server", 5, true, acts::pause_server},
      {"pause-sidecar", 5, true, acts::pause_sidecar},
      {"lose-replica", 5, true, acts::lose_replica},
      {"kill-clone", 5, true, acts::kill_clone},
      {"lose-primary", 5, true, acts::lose_primary},
      {"save-replica", 4, true, acts::save_volume},
      {"restore-replica", 5, true, acts::restore_replica},
      {"restore-primary", 4, true, acts::restore_primary},
      {"root-reclone", 4, true, acts::root_writes_and_reclone},
      {"root", 4, false, acts::root_writes},
      {"root-donor", 4, false, acts::root_writes_on_donor},
      {"flush", 4, true, acts::flush_replica},
      {"event", 4, true, acts::event},
      {"reclone", 5, true, acts::reclone},
      {"scale", 6, true, acts::scale},
      {"cut-replication", 5, true, acts::cut_replication},
      {"cut-network", 5, true, acts::cut_network},
      {"full-primary", 3, true, acts::fill_primary},
      {"full-replica", 3, false, acts::fill_replica},
  };
  return steps;
}

}  // namespace

std::vector<Step> chosen_steps(const std::string& names) {
  std::vector<Step> out;
  for (const Step& step : all_steps())
    if (names == "all" || (names.empty() && (step.is_survived || !leave_out_what_fails))) out.push_back(step);
  if (!out.empty()) return out;
  std::istringstream words(names);
  for (std::string word; std::getline(words, word, ',');) {
    const std::size_t before = out.size();
    for (const Step& step : all_steps())
      if (step.name == word) out.push_back(step);
    if (out.size() == before) throw std::invalid_argument("there is no step " + word);
  }
  return out;
}

const Step& choose(const std::vector<Step>& steps, unsigned number) {
  unsigned sum = 0;
  for (const Step& step : steps) sum += step.weight;
  unsigned left = number % sum;
  for (const Step& step : steps) {
    if (left < step.weight) return step;
    left -= step.weight;
  }
  return steps.back();
}

}  // namespace mysql_agent::test
