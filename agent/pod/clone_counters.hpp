#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string_view>

namespace mysql_agent {

/// Why a clone that began did not end well.
namespace clone_failure {
constexpr std::string_view tool = "tool";                      ///< the backup tool failed, or could not be started
constexpr std::string_view recipient_gone = "recipient_gone";  ///< the recipient closed the connection
constexpr std::string_view stalled = "stalled";                ///< no byte got through for --stall-timeout
constexpr std::string_view connection = "connection";          ///< the network broke the connection
constexpr std::string_view not_fit_any_more =
    "not_fit_any_more";  ///< the donor changed meanwhile in a way that makes its copy worthless
inline constexpr std::array all{tool, recipient_gone, stalled, connection, not_fit_any_more};
}  // namespace clone_failure
/// Why a request for a clone was refused.
namespace clone_refusal {
constexpr std::string_view not_fit = "not_fit";            ///< the pod is no donor now
constexpr std::string_view other_engine = "other_engine";  ///< the pod is cloned by MySQL's plugin, or not at all
constexpr std::string_view busy = "busy";                  ///< all slots are taken
inline constexpr std::array all{not_fit, other_engine, busy};
}  // namespace clone_refusal

/// Why a clone failed that this pod received.
namespace own_clone_failure {
constexpr std::string_view connection =
    "connection";                                ///< the donor was not reached, or one side failed to authenticate
constexpr std::string_view stalled = "stalled";  ///< no byte came for --stall-timeout
constexpr std::string_view refused = "refused";  ///< the donor said no
constexpr std::string_view transfer =
    "transfer";  ///< anything else: the stream broke or is damaged, a tool or a server failed
inline constexpr std::array all{connection, stalled, refused, transfer};
}  // namespace own_clone_failure

/// What a running clone-mysql knows of the clone that this pod receives, beyond the state.
struct OwnCloneFacts {
  std::uint64_t expected_bytes = 0;  ///< of the clone that is being received; 0: there is none, or its size is unknown
  std::map<std::string_view, std::uint64_t> failed;  ///< by own_clone_failure, since this clone-mysql started
};

/// What the clone service has done since the sidecar started. Only the thread of one io_context uses it.
struct CloneCounters {
  unsigned active = 0;
  std::uint64_t served = 0;                           ///< clones that were sent to the end, with the trailer
  std::map<std::string_view, std::uint64_t> failed;   ///< by clone_failure
  std::map<std::string_view, std::uint64_t> refused;  ///< by clone_refusal
  std::uint64_t sent_bytes = 0;                       ///< of all streams, also of those under way
  std::chrono::milliseconds duration{0};              ///< of all clones that ended, also of those that failed
  std::map<int, std::uint64_t> tool_exits;            ///< by exit code, or 128 plus the number of a signal
};

}  // namespace mysql_agent
