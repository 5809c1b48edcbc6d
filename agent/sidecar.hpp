#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "agent/donor/donor.hpp"
#include "agent/replication/replication.hpp"
#include "common/base/defaults.hpp"

namespace mysql_agent {

struct SidecarOptions {
  ReplicationOptions replication;
  DonorOptions donor;
  Tls tls;  ///< of the clone service
  std::string listen = defaults::all_addresses;
  std::uint16_t clone_port = defaults::clone_port;
  std::string http_host = defaults::all_addresses;
  std::uint16_t http_port = defaults::http_port;
  ReadyLimits limits;
  std::chrono::milliseconds shutdown_grace{20'000};
};

/// Looks after the server, and serves clones and probes, until SIGTERM or SIGINT. After the signal it serves no new
/// clone. The running clones may go on for at most shutdown_grace; then their tools are killed, and the function
/// returns. Throws usage_error where it cannot listen on an address.
void run_sidecar(const SidecarOptions& options);

}  // namespace mysql_agent
