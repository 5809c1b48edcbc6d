#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/backup/clone_protocol.hpp"
#include "common/server/server_settings.hpp"

/// What must agree before data is made or copied: the options of this pod's server with what the agent makes, and with
/// the donor's server. What is not known agrees.
namespace mysql_agent {

/// Something that does not agree, and what a person can do.
struct Disagreement {
  std::string what;
  std::string way_out;
  bool operator==(const Disagreement&) const = default;
};

/// Options with which the server would look for its files where a copy does not put them: InnoDB's and Aria's logs and
/// tablespaces outside of `data_dir`, or in a directory of their own in it. Such a server refuses its data, or takes it
/// for new.
std::vector<Disagreement> places_elsewhere(const ServerSettings& own, const std::filesystem::path& data_dir);

/// The names of all options that places_elsewhere looks at.
std::vector<std::string> options_with_places();

/// Why the server of this pod cannot load a plugin that the donor's server has for its pages. Plugins that compress
/// come with the server, and may be loaded wherever they are. One that manages keys must stand in the option files
/// here: a donor does not choose what is loaded. nullopt: it can.
std::optional<Disagreement> plugin_trouble(const std::string& plugin, const ServerSettings& own);

/// What of the donor's server does not agree with the server here: page size, lower_case_table_names, plugins.
std::vector<Disagreement> disagreements(const DonorInfo& donor, const ServerSettings& own);

/// Throws usage_error, with all of `found`, unless it is empty.
void refuse_if_any(const std::vector<Disagreement>& found);

}  // namespace mysql_agent
