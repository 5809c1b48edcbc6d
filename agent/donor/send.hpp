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
  int tool_exit = -1;       ///< exit code of the tool; 128 and the number of the signal that ended it
  std::string tool_said;    ///< the last line of the tool's stderr
  std::uint64_t bytes = 0;  ///< of the stream
};

/// Asked when the tool has ended well: why its copy is worthless all the same, or an empty text.
using JudgeCopy = std::function<boost::asio::awaitable<std::string>()>;

/// Runs a backup tool and sends what it writes to stdout as the answer of `GET /v1/clone`: chunks, and a trailer with
/// status, bytes and digest. A tool that fails before its first byte gives a plain 500. Whatever happens, the tool's
/// process group is gone when this returns: within seconds of the recipient's end, or of a stall. Never throws for a
/// transfer that failed, nor sends faster than `rate`; throws failed where the tool cannot be started. Adds to
/// `sent_bytes` as it goes.
boost::asio::awaitable<CloneOutcome> stream_clone(PeerStream& stream, const Command& backup,
                                                  const std::string& tool_name, std::chrono::milliseconds stall_timeout,
                                                  RateLimit& rate, std::uint64_t& sent_bytes,
                                                  const JudgeCopy& judge_copy);

}  // namespace mysql_agent
