#pragma once

#include "tests/support/random_steps.hpp"

/// What the steps do; their table is in random_steps.cpp.
namespace mysql_agent::test::acts {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What a draw says.
inline int any_pod(const RandomSet& set, const Draw& draw) {
  return static_cast<int>(draw.pod % static_cast<unsigned>(set.count()));
}
inline int any_replica(const RandomSet& set, const Draw& draw) {
  return 1 + static_cast<int>(draw.pod % static_cast<unsigned>(set.count() - 1));
}
inline std::string name(int ordinal) {
  return "mysql-" + std::to_string(ordinal);
}
inline bool coin(const Draw& draw) {
  return draw.variant % 2 == 0;
}
inline milliseconds between(const Draw& draw, unsigned least, unsigned most) {
  return milliseconds(least + draw.variant / 2 % (most - least));
}
inline std::string in_ms(milliseconds time) {
  return std::to_string(time.count()) + " ms";
}

// To processes, connections and the room on volumes.
void end_server(RandomSet& set, const Draw& draw);
void end_sidecar(RandomSet& set, const Draw& draw);
void end_pod(RandomSet& set, const Draw& draw);
void end_all_pods(RandomSet& set, const Draw& draw);
void pause_server(RandomSet& set, const Draw& draw);
void pause_sidecar(RandomSet& set, const Draw& draw);
void scale(RandomSet& set, const Draw& draw);
void cut_replication(RandomSet& set, const Draw& draw);
void cut_network(RandomSet& set, const Draw& draw);
void fill_primary(RandomSet& set, const Draw& draw);
void fill_replica(RandomSet& set, const Draw& draw);

// To the data.
void lose_replica(RandomSet& set, const Draw& draw);
void kill_clone(RandomSet& set, const Draw& draw);
void lose_primary(RandomSet& set, const Draw& draw);
void save_volume(RandomSet& set, const Draw& draw);
void restore_replica(RandomSet& set, const Draw& draw);
void restore_primary(RandomSet& set, const Draw& draw);
void root_writes(RandomSet& set, const Draw& draw);
void root_writes_and_reclone(RandomSet& set, const Draw& draw);
void root_writes_on_donor(RandomSet& set, const Draw& draw);
void flush_replica(RandomSet& set, const Draw& draw);
void event(RandomSet& set, const Draw& draw);
void reclone(RandomSet& set, const Draw& draw);

}  // namespace mysql_agent::test::acts
