#pragma once

#include <filesystem>

namespace mysql_agent::test {

/// The volume of a pod: a file system of its own where the test runs as root, for it can be full then. Elsewhere a
/// directory.
class Volume {
 public:
  explicit Volume(std::filesystem::path directory);
  ~Volume();
  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;

  /// From here on there is no space left. Nothing where it is a directory.
  void fill();
  void free();
  /// Removes all that is in it.
  void wipe();
  /// All that is in it now, kept below `to`; nobody may write meanwhile.
  void save(const std::filesystem::path& to) const;
  /// What it holds becomes what was saved.
  void restore(const std::filesystem::path& from);

 private:
  void mount(unsigned long flags, std::uintmax_t bytes);
  std::filesystem::path directory_;
  bool mounted_ = false;
};

}  // namespace mysql_agent::test
