#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

#include "agent/clone_plan.hpp"
#include "common/pod.hpp"
#include "common/secret.hpp"
#include "common/tls.hpp"

namespace mysql_agent {

struct CloneOptions {
  PodSet set;
  std::filesystem::path data_dir;
  std::uint16_t clone_port = 0;
  Tls tls;  ///< of the clone service; with one the clone plugin must use TLS too
  unsigned parallel = 0;
  std::uint64_t use_memory = 0;  ///< bytes for prepare; 0 is default_prepare_memory()
  std::chrono::milliseconds donor_wait{};
  std::chrono::milliseconds stall_timeout{};
  std::uint32_t peers_above = 0;  ///< how many ordinals after our own are looked at
  OnLostPrimary on_lost_primary{};
  bool initialize = false;
  Secret root_password;  ///< of `initialize`
  std::string replication_user;  ///< of `initialize` too: the account that replicas use
  Secret replication_password;  ///< empty: the account is not made
  EngineChoice engine{};
  std::filesystem::path defaults_file;  ///< of the server, where clone-mysql runs one itself; empty: its own default ones
  std::string clone_user;               ///< the account of the clone plugin
  Secret clone_password;
  std::string listen = "0.0.0.0";     ///< where it says on `clone_port`, while it runs, that it can give nothing
  std::string http_host = "0.0.0.0";  ///< where it answers probes meanwhile
  std::uint16_t http_port = 9307;
};

/// The init container `clone-mysql`: leaves a data directory on which a server may start, or throws. plan_clone has
/// the decisions. Each step is durable before the next begins, so it can be killed at any moment and run again.
/// While it runs it answers on the probes' port and on the clone port, where they are free.
void clone_mysql(const CloneOptions& options);

}  // namespace mysql_agent
