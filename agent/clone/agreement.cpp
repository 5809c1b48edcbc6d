#include "agent/clone/agreement.hpp"

#include <algorithm>
#include <array>

#include "common/backup/backup_metadata.hpp"
#include "common/base/error.hpp"

namespace mysql_agent {
namespace fs = std::filesystem;
namespace {

struct Place {
  const char* option;
  const char* holds;
};

// MySQL's doublewrite and temporary files are made at each start where they are missing, so they may be elsewhere.
constexpr std::array places{Place{"innodb_data_home_dir", "InnoDB's system tablespace"},
                            Place{"innodb_undo_directory", "InnoDB's undo tablespaces"},
                            Place{"innodb_log_group_home_dir", "InnoDB's redo log"},
                            Place{"aria_log_dir_path", "Aria's logs"}};

fs::path clean(const fs::path& path) {
  std::error_code error;
  const fs::path known = fs::weakly_canonical(path, error);
  std::string text = (error ? path.lexically_normal() : known).string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

// The server resolves relative paths at its data directory. That has the same name here and there, or the one that the
// option files give.
bool is_data_dir(const std::string& value, const ServerSettings& own, const fs::path& data_dir) {
  const fs::path place = clean(data_dir / value);
  if (place == clean(data_dir)) return true;
  const auto of_files = own.all_values("datadir");
  return !of_files.empty() && place == clean(of_files.back());
}

Disagreement elsewhere(const std::string& option, const std::string& value, const std::string& holds,
                       const fs::path& data_dir) {
  return {.what = "the option files here put " + holds + " elsewhere than into the data directory " +
                  data_dir.string() + ": " + option + "=" + value,
          .way_out = "take " + option +
                     " out of the option files of the server: the agent makes and clones data directories that hold "
                     "all of InnoDB's and Aria's files"};
}

bool leaves_directory(const std::string& file) {
  return file.starts_with('/') || file.find("..") != std::string::npos;
}

// The providers of compression that MariaDB has: https://mariadb.com/kb/en/compression-plugins/
bool compresses(const std::string& plugin) {
  constexpr std::array providers{"provider_bzip2", "provider_lz4", "provider_lzma", "provider_lzo", "provider_snappy"};
  return std::find(providers.begin(), providers.end(), plugin) != providers.end();
}

Disagreement missing_plugin(const std::string& plugin, const std::string& what) {
  return {.what = what,
          .way_out = "give this pod's server what the others have: the package of " + plugin +
                     " in its image, plugin_load_add=" + plugin + " and the plugin's options in its option files"};
}

void compare(std::vector<Disagreement>& found, const char* name, const std::optional<std::uint32_t>& of_donor,
             const std::optional<std::uint32_t>& own, const std::string& pod) {
  if (!of_donor || !own || *of_donor == *own) return;
  found.push_back({.what = pod + "'s server has " + name + "=" + std::to_string(*of_donor) +
                           ", and the option files here give " + std::to_string(*own),
                   .way_out = std::string("no server could start on that clone: say ") + name + "=" +
                              std::to_string(*of_donor) +
                              " in the option files of this pod's server, as the others have it"});
}

}  // namespace

std::vector<std::string> options_with_places() {
  std::vector<std::string> out{"innodb_data_file_path"};
  for (const Place& place : places) out.emplace_back(place.option);
  return out;
}

std::vector<Disagreement> places_elsewhere(const ServerSettings& own, const fs::path& data_dir) {
  std::vector<Disagreement> found;
  for (const Place& place : places) {
    const std::string value = own.value(place.option);
    if (!value.empty() && !is_data_dir(value, own, data_dir))
      found.push_back(elsewhere(place.option, value, place.holds, data_dir));
  }
  const std::string files = own.value("innodb_data_file_path");
  const auto names = system_files_in(files);
  if (std::any_of(names.begin(), names.end(), leaves_directory))
    found.push_back(elsewhere("innodb_data_file_path", files, "InnoDB's system tablespace", data_dir));
  return found;
}

std::optional<Disagreement> plugin_trouble(const std::string& plugin, const ServerSettings& own) {
  const auto loaded = loaded_plugins(own);
  if (!compresses(plugin) && std::find(loaded.begin(), loaded.end(), plugin) == loaded.end())
    return missing_plugin(plugin, "the option files here do not load it");
  const fs::path directory = own.value("plugin_dir");
  std::error_code error;
  // A directory that is not there may be that of another root directory.
  if (!directory.empty() && fs::is_directory(directory, error) && !fs::exists(directory / (plugin + ".so"), error))
    return missing_plugin(plugin, "there is no " + (directory / (plugin + ".so")).string());
  const std::string keys = own.value(plugin + "_filename");
  if (!keys.empty() && fs::is_directory(directory, error) && !fs::exists(keys, error))
    return Disagreement{.what = "there is no file " + keys + ", which " + plugin + "_filename names",
                        .way_out = "mount the keys of the other pods into this container too"};
  return std::nullopt;
}

std::vector<Disagreement> disagreements(const DonorInfo& donor, const ServerSettings& own) {
  std::vector<Disagreement> found;
  compare(found, "innodb_page_size", donor.page_size, own.page_size, donor.pod);
  compare(found, "lower_case_table_names", donor.lower_case_table_names, own.lower_case_table_names, donor.pod);
  if (own == ServerSettings()) return found;
  for (const std::string& plugin : donor.page_plugins)
    if (auto trouble = plugin_trouble(plugin, own)) {
      trouble->what = donor.pod + "'s server writes its pages by the plugin " + plugin + ": " + trouble->what;
      found.push_back(std::move(*trouble));
    }
  return found;
}

void refuse_if_any(const std::vector<Disagreement>& found) {
  if (found.empty()) return;
  std::string what;
  std::string way_out;
  for (const Disagreement& each : found) {
    what += (what.empty() ? "" : "; and ") + each.what;
    way_out += (way_out.empty() ? "" : "; and ") + each.way_out;
  }
  throw usage_error(what, way_out);
}

}  // namespace mysql_agent
