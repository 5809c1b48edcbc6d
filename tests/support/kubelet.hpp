#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/test_set.hpp"

namespace mysql_agent::test {

/// Keeps the pods of a set running, as a kubelet does: a container that ended is started again, clone-mysql after a
/// pause. It has no thread: it works in `look` and `run_for`.
class Kubelet {
 public:
  explicit Kubelet(TestSet& set) : set_(set) {}
  ~Kubelet();
  Kubelet(const Kubelet&) = delete;
  Kubelet& operator=(const Kubelet&) = delete;

  /// Runs init-mysql now, and clone-mysql, the server and the sidecar from here on.
  void start(int ordinal);
  /// Ends all containers of a pod. Who does not end on SIGTERM within a minute is killed.
  void stop(int ordinal, int signal);
  /// Ends one container, which is started again. Nothing where it does not run.
  void end_server(int ordinal, int signal);
  void end_sidecar(int ordinal, int signal);
  /// SIGSTOP or SIGCONT to those that run.
  void signal_server(int ordinal, int signal);
  void signal_sidecar(int ordinal, int signal);

  /// Starts what should run and does not.
  void look();
  void run_for(std::chrono::milliseconds time);

  /// The pods that should run.
  const std::map<int, bool>& pods() const { return cloned_; }
  bool has(int ordinal) const { return cloned_.count(ordinal) != 0; }
  /// The container that ended by itself since the last call: `the server of mysql-1 ended with 134`.
  struct Death {
    int ordinal;
    bool is_server;
    std::string text;
  };
  std::vector<Death> take_deaths();
  /// The last lines of the logs of a pod's containers.
  std::string logs(int ordinal) const;

 private:
  void look_at_clone(int ordinal);
  void look_at_containers(int ordinal);

  TestSet& set_;
  std::map<int, bool> cloned_;  ///< of each pod that should run, whether its init containers are done
  std::map<int, std::unique_ptr<Background>> clones_;
  std::map<int, std::chrono::steady_clock::time_point> next_clone_;
  std::vector<Death> deaths_;
};

}  // namespace mysql_agent::test
