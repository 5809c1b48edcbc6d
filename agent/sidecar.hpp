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

/// The sidecar: looks after the server, serves clones and probes, until SIGTERM or SIGINT. Then it takes no new clone,
/// lets those that run go on for at most shutdown_grace, ends their tools, and returns. Throws usage_error for an
/// address that it cannot listen on.
void run_sidecar(const SidecarOptions& options);

}  // namespace mysql_agent
