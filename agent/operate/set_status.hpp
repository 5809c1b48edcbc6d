#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/operate/status.hpp"
#include "agent/pod/status_report.hpp"

namespace mysql_agent {

/// What a look at one pod of the set gave.
struct PodReport {
  std::uint32_t ordinal = 0;
  bool exists = true;  ///< false: its name does not exist, or, at a literal address, nothing listens
  StatusReport said;   ///< of its sidecar; where `json` is empty it said nothing, and `reason` is why
};

/// A StatefulSet has no gaps: what does not exist above the last pod that does was never there, and is left out; below
/// it, it is missing. `own` always counts. `reports` are in the order of the ordinals.
std::vector<PodReport> without_absent(std::vector<PodReport> reports, std::uint32_t own);

/// The same facts for people and for programs: a line for each pod, with its reason below it where it is not ready; an
/// array of what each /status said.
std::string set_table(const std::vector<PodReport>& reports);
std::string set_json(const std::vector<PodReport>& reports);

struct SetStatusOptions {
  PodSet set;
  std::uint16_t http_port = 0;    ///< of the sidecars
  std::uint32_t peers_above = 0;  ///< how many ordinals after this pod's own are asked in any case
  OutputFormat output = OutputFormat::table;
};

/// `mysql-agent status --all`: asks the sidecars of all pods, one after another, and prints to stdout: those up to
/// `peers_above` ordinals after its own, and on for as long as one answers. It needs no server and no volume. Returns
/// whether all pods are ready.
bool print_set_status(const SetStatusOptions& options);

}  // namespace mysql_agent
