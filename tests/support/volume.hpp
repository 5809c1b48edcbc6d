#pragma once

#include <filesystem>
#include <string>

#include "tests/support/test_set.hpp"

namespace mysql_agent::test {

/// All files of a pod's volume, the agent's own directory included, as they are now. Its server must not run.
class VolumeSnapshot {
 public:
  VolumeSnapshot(const TestSet& set, int ordinal);
  /// Puts them back in place of what is there now.
  void put_back() const;

 private:
  std::filesystem::path data_;
  std::filesystem::path copy_;
};

/// All files of a volume but the agent's own directory, as `rm -rf /var/lib/mysql/*` removes them.
void remove_visible(const std::filesystem::path& directory);

/// A subcommand that a person runs on a pod's volume: reclone, release.
Ran run_on_volume(const TestSet& set, const std::string& subcommand, int ordinal, const Arguments& more = {});

/// The same test for each pod: `log_bin` outside of the data directory. Call it before the pod's init-mysql.
void keep_log_elsewhere(const TestSet& set, int ordinal);
std::filesystem::path log_elsewhere(const TestSet& set, int ordinal);

}  // namespace mysql_agent::test
