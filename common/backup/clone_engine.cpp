#include "common/backup/clone_engine.hpp"

#include <array>
#include <stdexcept>
#include <utility>

#include "common/server/dialect.hpp"

namespace mysql_agent {
namespace {

// The series of donor and recipient: a long-term series and the next long-term series, from 9.7 on.
constexpr std::array<std::pair<const char*, const char*>, 1> long_term_steps{{{"9.7", "28.4"}}};

bool is_long_term_step(const ServerVersion& donor, const ServerVersion& recipient) {
  for (const auto& [from, to] : long_term_steps)
    if (donor.series() == from && recipient.series() == to) return true;
  return false;
}

}  // namespace

const char* engine_name(Engine engine) {
  switch (engine) {
    case Engine::xtrabackup: return "xtrabackup";
    case Engine::clone_plugin: return "clone-plugin";
  }
  throw std::logic_error("an enumerator without a name");
}

bool wants_clone_plugin(EngineChoice choice, const std::optional<BackupTool>& tool, const ServerVersion& server) {
  if (choice == EngineChoice::xtrabackup || !has_clone_plugin(server)) return false;
  return choice == EngineChoice::clone_plugin || !tool || tool_mismatch(*tool, server);
}

bool keeps_clone_plugin(EngineChoice choice, const std::optional<BackupTool>& tool, const ServerVersion& server,
                        bool has_password) {
  return wants_clone_plugin(choice, tool, server) ||
         (choice == EngineChoice::automatic && has_password && has_clone_plugin(server));
}

std::optional<std::string> clone_plugin_mismatch(const ServerVersion& donor, const ServerVersion& recipient) {
  const std::string both = "the donor's server is " + donor.text() + ", and the one here is " + recipient.text();
  for (const ServerVersion& server : {donor, recipient}) {
    if (!has_clone_plugin(server)) return "the clone plugin is MySQL's, from 8.0.17 on: " + both;
  }
  if (is_long_term_step(donor, recipient)) return std::nullopt;
  if (!donor.same_series(recipient)) return "the clone plugin needs the same series: " + both;
  const bool either_is_old = donor.series() == "8.0" && !(donor.at_least(8, 0, 37) && recipient.at_least(8, 0, 37));
  if (either_is_old && donor.patch != recipient.patch)
    return "before 8.0.37 the clone plugin needs the same version: " + both;
  return std::nullopt;
}

}  // namespace mysql_agent
