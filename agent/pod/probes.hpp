#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "agent/pod/clone_counters.hpp"
#include "agent/pod/verdict.hpp"
#include "common/net/http_server.hpp"

namespace mysql_agent {

/// The path for a startupProbe. The caller of answer_probe takes a new look for it.
constexpr const char* startup_path = "/startupz";
constexpr const char* metrics_path = "/metrics";

/// The facts for the answers of the probes' port: the latest look, and when it was taken.
struct ProbeFacts {
  const PodView* view = nullptr;
  std::chrono::steady_clock::time_point taken;  ///< the clock's epoch: there was no look yet
  bool stopping = false;
  const CloneCounters* clones = nullptr;  ///< what the clone port did, for /metrics
  unsigned clone_slots = 0;
  const std::map<std::string, std::uint64_t>* refused_connections = nullptr;  ///< of the clone port, by reason
  const OwnCloneFacts* own_clone =
      nullptr;  ///< clone-mysql answers, which serves no clones and does not replicate; nullptr: a sidecar answers
};

/// Answers on port 9307:
/// - /livez: 200, whatever replication and the server do, so that no probe kills a pod because of them.
/// - /startupz: 200 when the server answers, if only with an error. Until then 503, with what is known.
/// - /readyz: 200, or 503 with the verdict's reason.
/// - /status: the JSON of `mysql-agent status`.
/// - /metrics: metrics_text.
HttpReply answer_probe(const HttpRequest& request, const ProbeFacts& facts, const ReadyLimits& limits);

}  // namespace mysql_agent
