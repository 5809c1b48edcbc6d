#pragma once

#include <chrono>
#include <functional>

#include "agent/verdict.hpp"
#include "common/http_server.hpp"

namespace mysql_agent {

/// What the probes' port answers from: the latest look, and when it was taken.
struct ProbeFacts {
  const PodView* view = nullptr;
  std::chrono::steady_clock::time_point taken;
  bool stopping = false;
};

/// Port 9307. /livez: this process serves, whatever replication and the server do, so that no probe kills a pod for
/// them. /readyz: 200, or 503 with the verdict's reason in the body. /status: the JSON of `mysql-agent status`.
HttpReply answer_probe(const HttpRequest& request, const ProbeFacts& facts, std::chrono::seconds max_lag);

}  // namespace mysql_agent
