#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/kubelet.hpp"
#include "tests/support/ready_watch.hpp"
#include "tests/support/volume.hpp"
#include "tests/support/writers.hpp"

namespace mysql_agent::test {

/// A set under writers, to which things happen, and which is looked at in quiet moments: a pod that is Ready has the
/// primary's tables, the primary has each acknowledged row, and what is not Ready is so for what was done to it.
class RandomSet {
 public:
  /// Three pods, Ready. With `events` the servers' option files turn the event scheduler on.
  explicit RandomSet(bool events);
  ~RandomSet();

  /// The writers pause until the pods have settled and were compared. Empty, or what is wrong.
  std::string quiet();
  /// Clones each replica anew that a person would have to; then as above, and without an excuse for anyone.
  std::string last_quiet();

  // For the steps.
  TestSet& set() { return set_; }
  Kubelet& kubelet() { return kubelet_; }
  Writers& writers() { return *writers_; }
  Volume& volume(int ordinal) { return *volumes_.at(ordinal); }
  int count() const { return count_; }
  bool ready(int ordinal) const { return set_.probe(ordinal, "/readyz").body == "ok\n"; }
  void scale_to(int count, bool keep_volumes);
  /// Prints what happens now, and remembers it.
  void say(const std::string& what);
  /// Waits as long as it takes until the pod's server has executed it. Throws after a minute.
  void sql(int ordinal, const std::string& statement);
  void write_as_root(int ordinal);
  void reclone(int ordinal, bool discard);
  void lose_volume(int ordinal);
  void save_volume(int ordinal);
  /// Saves it first where it was never saved, and lets the writers go on a little.
  void restore_volume(int ordinal);
  /// Its server may end by itself until the next quiet moment.
  void let_server_die(int ordinal) { may_die_.insert(ordinal); }
  /// Whether a pod is ready, and so has all, beside those from `first` to `last`: else these may have the last copy.
  bool is_spare(int first, int last) const;
  /// A replica that may not be held has the primary's place if need be.
  bool may_lose_primary() const;
  /// Until what the sidecars of the replicas tell of themselves is all that the primary has; for a quiet moment.
  bool wait_told();

  std::string counts() const;
  /// The steps, the changes of /readyz, and the ends of all logs.
  std::string story() const;

 private:
  /// What was done to the data of a pod.
  struct Past {
    bool root_wrote = false;  ///< it must be held, and cloned anew
    bool went_back = false;   ///< what it lacks may be in no log any more
  };
  std::string settle();
  std::string why_not_settled(int ordinal);
  std::string deaths();
  std::string compare();
  std::string compare(int ordinal);
  std::string check_primary();

  bool events_;
  TestSet set_;
  std::map<int, std::unique_ptr<Volume>> volumes_;
  Kubelet kubelet_;
  ReadyWatch watch_;
  std::unique_ptr<Writers> writers_;
  int count_ = 3;
  std::map<int, Past> past_;
  std::map<int, Past> saved_;
  std::map<int, std::chrono::steady_clock::time_point> held_since_;
  std::set<int> may_die_;
  std::vector<std::string> steps_;
  std::uint64_t comparisons_ = 0;
  std::uint64_t quiet_moments_ = 0;
};

}  // namespace mysql_agent::test
