#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/pod/clone_counters.hpp"
#include "agent/pod/verdict.hpp"

namespace mysql_agent {

/// One metric as Prometheus sees it; the documents' table is checked against this.
struct MetricDescription {
  const char* name;
  const char* type;    ///< `counter` or `gauge`
  const char* labels;  ///< the names of the labels, like `thread`; empty: there are none
  const char* help;
};

/// All metrics, in the order in which they are written.
const std::vector<MetricDescription>& describe_metrics();

/// The facts that the metrics show.
struct MetricFacts {
  const PodView& view;
  const Verdict& verdict;
  std::optional<std::chrono::milliseconds> look_age;  ///< of `view`; nullopt before the first look ended
  std::chrono::seconds max_lag{30};
  CloneCounters clones;
  unsigned clone_slots = 0;
  std::map<std::string, std::uint64_t> refused_connections;  ///< by reason
  std::optional<OwnCloneFacts> own_clone = std::nullopt;  ///< the metrics are clone-mysql's, which serves no clones and
                                                          ///< does not replicate; nullopt: a sidecar's
};

/// The answer to GET /metrics: Prometheus' text format 0.0.4.
/// https://prometheus.io/docs/instrumenting/exposition_formats/
std::string metrics_text(const MetricFacts& facts);
constexpr const char* metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace mysql_agent
