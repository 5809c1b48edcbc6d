#pragma once

#include <cstdint>
#include <string>

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

/// The facts of status_json, for people.
std::string status_table(const PodView& view, const Verdict& verdict);

/// `mysql-agent status`: reads this pod's state file and asks its server, changes nothing, and prints to stdout. Only
/// the sidecar knows since when the source is away: the sidecar is asked where the I/O thread does not run. Returns
/// whether the pod is ready. Throws refused for a state file that cannot be understood.
bool print_status(const StatusOptions& options);

}  // namespace mysql_agent
