#pragma once

#include <chrono>
#include <string>

#include "agent/verdict.hpp"
#include "common/data_dir.hpp"
#include "common/mysql_client.hpp"

namespace mysql_agent {

enum class OutputFormat { table, json };

struct StatusOptions {
  PodSet set;
  DataDir dir;
  ServerLogin login;
  std::chrono::seconds max_lag{30};
  OutputFormat output = OutputFormat::table;
};

/// The same facts for people and for programs. Field names of the JSON are fixed.
std::string status_table(const PodView& view, const Verdict& verdict);
std::string status_json(const PodView& view, const Verdict& verdict);

/// Fills in what waits on the volume: a request for a new clone, and data that was set aside. Throws refused for a
/// request that is not to be understood.
void look_at_volume(PodView& view, const DataDir& dir);

/// `mysql-agent status`: looks at this pod's state file and server, changes nothing, and prints to stdout.
/// Returns whether the pod is ready. Throws refused for a state file that is not to be understood.
bool print_status(const StatusOptions& options);

}  // namespace mysql_agent
