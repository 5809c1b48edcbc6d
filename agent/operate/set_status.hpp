#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/operate/status.hpp"
#include "agent/pod/status_report.hpp"

namespace mysql_agent {

/// What one pod of the set answered.
struct PodReport {
  std::uint32_t ordinal = 0;
  bool exists = true;   ///< false: the pod's name does not exist, or, at a literal address, nothing listens
  StatusReport status;  ///< of the pod's sidecar. An empty `json`: the sidecar did not answer, and `reason` says why
};

/// Removes the pods above the last pod that exists. A StatefulSet has no gaps: a pod that does not exist below the last
/// one is missing and stays, a pod above it was never there. The pod `own` always stays. `reports` are in the order of
/// the ordinals.
std::vector<PodReport> without_absent(std::vector<PodReport> reports, std::uint32_t own);

/// For people: a line for each pod, with the age of its sidecar's look, and the versions of its server and agent. The
/// pod's reason stands below it where the pod is not ready, or is ready while its source is away.
std::string set_table(const std::vector<PodReport>& reports);
/// For programs: an array of the JSON of each /status.
std::string set_json(const std::vector<PodReport>& reports);

struct SetStatusOptions {
  PodSet set;
  std::uint16_t http_port = 0;    ///< of the sidecars
  std::uint32_t peers_above = 0;  ///< how many ordinals after this pod's own are asked in any case
  OutputFormat output = OutputFormat::table;
};

/// `mysql-agent status --all`: asks the sidecars of all pods, one after another, and prints to stdout. It asks the pods
/// up to `peers_above` ordinals after its own, and goes on for as long as the next pod answers. It needs no server and
/// no volume. Returns whether all pods are ready.
bool print_set_status(const SetStatusOptions& options);

}  // namespace mysql_agent
