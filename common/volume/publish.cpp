#include "common/volume/publish.hpp"

#include <algorithm>
#include <vector>

#include "common/backup/backup_metadata.hpp"
#include "common/base/crash_point.hpp"
#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/base/units.hpp"

namespace mysql_agent {
namespace fs = std::filesystem;
namespace {

// Renames one entry of `from` into `to`, and never replaces an entry. `act` is the verb of the error.
void move_entry(const fs::path& from, const fs::path& to, const std::string& name, const std::string& act) {
  std::error_code unknown;  // if the look fails, the rename fails too and says why
  if (fs::exists(fs::symlink_status(to / name, unknown)))
    throw refused((from / name).string() + " cannot be " + act + ": " + (to / name).string() + " is there already",
                  "something else wrote into the data directory meanwhile; look at it, and move it away");
  rename_no_replace(from / name, to / name);
}

// Renames change two directories. Both must be durable.
void sync_both(const fs::path& first, const fs::path& second) {
  sync_directory(first);
  sync_directory(second);
}

}  // namespace

std::string new_set_aside_name(const DataDir& dir) {
  const std::string time = utc_now("%Y%m%dT%H%M%SZ");
  std::string name = time;
  for (int i = 2; fs::exists(fs::symlink_status(dir.set_aside() / name)); ++i) name = time + "-" + std::to_string(i);
  return name;
}

void move_data_to(const DataDir& dir, const fs::path& target) {
  const Owner owner = owner_of(dir.root);
  if (target.parent_path() != dir.agent()) make_directory(target.parent_path(), owner);
  make_directory(target, owner);
  std::vector<std::string> names = list_directory(dir.root);
  std::erase_if(names, reserved_names::contains);
  std::stable_partition(names.begin(), names.end(), [](const std::string& name) { return name == "mysql"; });
  for (const std::string& name : names) {
    move_entry(dir.root, target, name, "moved away");
    if (name == "mysql") sync_both(target, dir.root);
    crash_point("aside.renamed");
  }
  sync_both(target, dir.root);
  crash_point("aside.synced");
}

void make_staging(const DataDir& dir) {
  remove_tree(dir.staging());
  make_directory(dir.staging(), owner_of(dir.root));
}

void make_run_directory(const DataDir& dir) {
  remove_tree(dir.run());
  make_directory(dir.run(), owner_of(dir.root));
  std::error_code error;
  fs::permissions(dir.run(), fs::perms::owner_all, error);
  if (error)
    throw failed("cannot make " + dir.run().string() + " private: " + error.message(),
                 "look at the volume's file system");
}

void publish_staging(const DataDir& dir, const AgentState& copy) {
  std::error_code error;
  if (fs::is_directory(dir.staging(), error)) {
    give_tree(dir.staging(), owner_of(dir.root));
    std::vector<std::string> names = list_directory(dir.staging());
    const bool by_tool = copy.origin == Origin::clone && copy.engine == Engine::xtrabackup;
    std::erase_if(names, [&](const std::string& name) {
      return reserved_names::contains(name) || (by_tool && is_backup_metadata(dir.staging() / name));
    });
    std::stable_partition(names.begin(), names.end(), [](const std::string& name) { return name != "mysql"; });
    for (const std::string& name : names) {
      move_entry(dir.staging(), dir.root, name, "published");
      crash_point("publish.renamed");
    }
    sync_both(dir.root, dir.staging());
    crash_point("publish.synced");
    remove_tree(dir.staging());
  }
  if (!fs::is_directory(dir.root / "mysql"))
    throw refused(
        dir.root.string() + " has no mysql/ directory after publishing",
        "do not start a server on it; move its files to another place, and start the pod again: it clones anew");
}

}  // namespace mysql_agent
