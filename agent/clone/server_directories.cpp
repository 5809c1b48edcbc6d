#include "agent/clone/server_directories.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>

#include "common/base/error.hpp"
#include "common/base/reserved_names.hpp"

namespace mysql_agent {
namespace fs = std::filesystem;
namespace {

// Of files the directory counts.
constexpr const char* file_options[]{"log_bin",          "log_bin_index",       "relay_log", "relay_log_index",
                                     "general_log_file", "slow_query_log_file", "log_error"};
constexpr const char* directory_options[]{"tmpdir",        "slave_load_tmpdir",           "replica_load_tmpdir",
                                          "innodb_tmpdir", "innodb_temp_tablespaces_dir", "innodb_doublewrite_dir"};

// `place` as a path below the data directory; empty: it is not below, or it is the data directory itself.
fs::path below(const fs::path& place, const fs::path& data_dir) {
  const fs::path path = (place.is_absolute() ? place.lexically_relative(data_dir) : place).lexically_normal();
  if (path.empty() || path == "." || *path.begin() == ".." || *path.begin() == reserved_names::agent) return {};
  return path;
}

}  // namespace

std::vector<std::string> options_with_directories() {
  std::vector<std::string> out(std::begin(file_options), std::end(file_options));
  out.insert(out.end(), std::begin(directory_options), std::end(directory_options));
  return out;
}

std::vector<fs::path> server_directories(const ServerSettings& own, const fs::path& data_dir) {
  std::vector<fs::path> out;
  const auto add = [&](const fs::path& place) {
    const fs::path path = below(place, data_dir.lexically_normal());
    if (!path.empty() && std::find(out.begin(), out.end(), path) == out.end()) out.push_back(path);
  };
  for (const char* option : file_options)
    if (const auto values = own.all_values(option); !values.empty()) add(fs::path(values.back()).parent_path());
  for (const char* option : directory_options) {
    const auto values = own.all_values(option);
    std::istringstream list(values.empty() ? "" : values.back());
    for (std::string place; std::getline(list, place, ':');) add(place);
  }
  return out;
}

void make_server_directories(const ServerSettings& own, const DataDir& dir) {
  for (const fs::path& path : server_directories(own, dir.root)) {
    std::error_code error;
    fs::create_directories(dir.staging() / path, error);
    if (error)
      throw failed("cannot create the directory " + (dir.staging() / path).string() + ": " + error.message(),
                   "look at the volume");
  }
}

}  // namespace mysql_agent
