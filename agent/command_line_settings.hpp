#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "agent/clone_plan.hpp"
#include "agent/status.hpp"
#include "common/container_limits.hpp"
#include "common/log.hpp"
#include "common/tls.hpp"

namespace mysql_agent {

/// The command line and the environment, as they were said; each subcommand takes from it what it needs. The initial values
/// are the defaults.
struct Settings {
  PodSet set;
  std::string pod_name;
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::text;
  std::string termination_log = "/dev/termination-log";

  std::filesystem::path conf_dir = "/mnt/conf.d";
  std::filesystem::path config_map_dir = "/mnt/config-map";
  std::uint32_t server_id_base = 100;

  std::filesystem::path data_dir = "/var/lib/mysql";
  std::uint16_t clone_port = 3307;
  unsigned parallel = std::min(allowed_cores(), 4U);
  std::uint64_t use_memory = 0;
  std::chrono::milliseconds donor_wait{600'000};
  std::chrono::milliseconds stall_timeout{60'000};
  std::uint32_t peers_above = 8;
  OnLostPrimary on_lost_primary = OnLostPrimary::recover;
  bool initialize = false;
  TlsFiles tls;
  bool insecure = false;
  EngineChoice engine = EngineChoice::automatic;
  std::filesystem::path defaults_file;
  std::string clone_user = "clone";
  std::filesystem::path clone_password_file;

  std::string listen = "0.0.0.0";
  unsigned max_clones = 1;
  std::uint64_t max_rate = 0;
  std::string http_listen = "0.0.0.0:9307";
  ServerLogin login;
  std::filesystem::path mysql_password_file;
  std::string replication_user = "replication";
  std::filesystem::path replication_password_file;
  std::uint16_t source_port = 3306;
  std::chrono::milliseconds max_lag{30'000};
  std::chrono::milliseconds max_source_absence{300'000};
  std::chrono::milliseconds shutdown_grace{20'000};
  bool all = false;
  OutputFormat output = OutputFormat::table;
  bool discard = false;
  bool cancel = false;
  std::filesystem::path install_dir;
};

}  // namespace mysql_agent
