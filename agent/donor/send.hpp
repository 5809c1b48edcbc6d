#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "agent/donor/rate_limit.hpp"
#include "agent/pod/clone_counters.hpp"
#include "common/base/process.hpp"
#include "common/net/http_server.hpp"

namespace mysql_agent {

/// How one clone went, for the log and the metrics.
struct CloneOutcome {
  std::string failure;      ///< empty: the recipient has all, and the trailer says ok
  std::string_view reason;  ///< of a failure: one of clone_failure
  int tool_exit = -1;       ///< the tool's exit code, or 128 plus the number of the signal that ended it
  std::string tool_said;    ///< the last line of the tool's stderr
  std::uint64_t bytes = 0;  ///< of the stream
};

/// Called when the tool has ended well. Returns why its copy is worthless all the same, or an empty text.
using JudgeCopy = std::function<boost::asio::awaitable<std::string>()>;

/// Runs a backup tool and sends its stdout as the answer to `GET /v1/clone`: chunks, and a trailer with status, bytes
/// and digest. If the tool fails before its first byte, the answer is a plain 500. When this function returns, the
/// tool's process group is gone; that takes seconds after the recipient's end or a stall. The stream is no faster than
/// `rate`. `sent_bytes` grows with each chunk. A transfer that fails is an outcome, no exception. Throws failed if the
/// tool cannot be started.
boost::asio::awaitable<CloneOutcome> stream_clone(PeerStream& stream, const Command& backup,
                                                  const std::string& tool_name, std::chrono::milliseconds stall_timeout,
                                                  RateLimit& rate, std::uint64_t& sent_bytes,
                                                  const JudgeCopy& judge_copy);

}  // namespace mysql_agent
