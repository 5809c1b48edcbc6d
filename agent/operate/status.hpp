#pragma once

#include <cstdint>
#include <string>

#include "agent/pod/status_report.hpp"
#include "agent/pod/verdict.hpp"
#include "common/server/mysql_client.hpp"
#include "common/volume/data_dir.hpp"

namespace mysql_agent {

enum class OutputFormat { table, json };

struct StatusOptions {
  PodSet set;
  DataDir dir;
  ServerLogin login;
  ReadyLimits limits;
  OutputFormat output = OutputFormat::table;
  std::string http_host;  ///< where the pod's own sidecar answers
  std::uint16_t http_port = 0;
};

/// What `view` saw and `report` says, for people. Whether the pod is ready, `report` alone says.
std::string status_table(const PodView& view, const StatusReport& report);

/// `mysql-agent status`: reads this pod's state file and asks its server, changes nothing, and prints to stdout. There
/// is one verdict: that of the sidecar, or of clone-mysql, where one of them answers. Where none does, the verdict
/// rests on the volume and the server alone. Returns whether the pod is ready. Throws refused for a state file that
/// cannot be understood.
bool print_status(const StatusOptions& options);

}  // namespace mysql_agent
