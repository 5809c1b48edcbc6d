#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "agent/clone/plan.hpp"
#include "agent/operate/status.hpp"
#include "common/base/container_limits.hpp"
#include "common/base/log.hpp"
#include "common/net/tls.hpp"

namespace mysql_agent {

/// What the command line and the environment say. Each subcommand takes from it what it needs. The defaults stand in
/// agent/cli/flag_table.cpp; flags_of writes them in here.
struct Settings {
  PodSet set;
  std::string pod_name;
  LogLevel log_level{};
  LogFormat log_format{};
  std::string termination_log;

  std::filesystem::path conf_dir;
  std::filesystem::path config_map_dir;
  std::uint32_t server_id_base = 0;
  std::uint64_t server_memory = 0;  ///< 0: unknown

  std::filesystem::path data_dir;
  std::uint16_t clone_port = 0;
  unsigned parallel = std::min(allowed_cores(), 4U);
  std::uint64_t use_memory = 0;  ///< 0: half of the container's limit
  std::chrono::milliseconds donor_wait{};
  std::chrono::milliseconds stall_timeout{};
  std::uint32_t peers_above = 0;
  OnLostPrimary on_lost_primary{};
  bool initialize = false;
  TlsFiles tls;
  bool insecure = false;
  EngineChoice engine{};
  std::filesystem::path defaults_file;
  std::string clone_user;
  std::filesystem::path clone_password_file;

  std::string listen;
  unsigned max_clones = 0;
  std::uint64_t max_rate = 0;  ///< 0: no limit
  std::string http_listen;
  ServerLogin login;
  std::filesystem::path mysql_password_file;
  std::filesystem::path mysql_previous_password_file;
  std::string replication_user;
  std::filesystem::path replication_password_file;
  std::uint16_t source_port = 0;
  std::chrono::milliseconds max_lag{};
  std::chrono::milliseconds max_source_absence{};
  std::chrono::milliseconds shutdown_grace{};
  bool all = false;
  OutputFormat output{};
  bool watch = false;
  std::optional<std::chrono::milliseconds> pause_for;  ///< nullopt: until resume
  bool discard = false;
  bool cancel = false;
  std::filesystem::path install_dir;
  std::string shell;  ///< of completion
};

}  // namespace mysql_agent
