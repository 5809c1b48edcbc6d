#include "tests/support/volume.hpp"

#include <catch2/catch.hpp>

namespace mysql_agent::test {

VolumeSnapshot::VolumeSnapshot(const TestSet& set, int ordinal)
    : data_(set.data(ordinal)), copy_(set.dir(ordinal) / "snapshot") {
  const Ran copied = run_to_end({"cp", "-a", data_.string(), copy_.string()});
  INFO(copied.output);
  REQUIRE(copied.exit_code == 0);
}

void VolumeSnapshot::put_back() const {
  std::filesystem::remove_all(data_);
  const Ran copied = run_to_end({"cp", "-a", copy_.string(), data_.string()});
  INFO(copied.output);
  REQUIRE(copied.exit_code == 0);
}

void remove_visible(const std::filesystem::path& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (!entry.path().filename().string().starts_with(".")) std::filesystem::remove_all(entry.path());
}

Ran run_on_volume(const TestSet& set, const std::string& subcommand, int ordinal, const Arguments& more) {
  Arguments argv = set.kind().command(
      {AGENT_BINARY, subcommand, "--pod-name", "mysql-" + std::to_string(ordinal), "--data-dir", set.data(ordinal)});
  argv.insert(argv.end(), more.begin(), more.end());
  return run_to_end(argv);
}

std::filesystem::path log_elsewhere(const TestSet& set, int ordinal) {
  return set.dir(ordinal) / "logs";
}

void keep_log_elsewhere(const TestSet& set, int ordinal) {
  std::filesystem::create_directories(log_elsewhere(set, ordinal));
  for (const char* file : {"primary.cnf", "replica.cnf"})
    write_text(set.config_map() / file,
               "[mysqld]\nlog_bin=" + (log_elsewhere(set, ordinal) / "binlog").string() + "\n");
}

}  // namespace mysql_agent::test
