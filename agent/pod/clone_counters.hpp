#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string_view>

namespace mysql_agent {

/// Why a clone that was begun did not end well, and why one was not begun.
namespace clone_failure {
constexpr std::string_view tool = "tool";                      ///< the backup tool failed, or could not be started
constexpr std::string_view recipient_gone = "recipient_gone";  ///< it closed the connection
constexpr std::string_view stalled = "stalled";                ///< no byte got through for --stall-timeout
constexpr std::string_view connection = "connection";          ///< the network broke it
constexpr std::string_view not_fit_any_more =
    "not_fit_any_more";  ///< the donor changed meanwhile in a way that makes its copy worthless
inline constexpr std::array all{tool, recipient_gone, stalled, connection, not_fit_any_more};
}  // namespace clone_failure
namespace clone_refusal {
constexpr std::string_view not_fit = "not_fit";            ///< the pod is no donor now
constexpr std::string_view other_engine = "other_engine";  ///< it is cloned by MySQL's plugin, or by nothing
constexpr std::string_view busy = "busy";                  ///< all slots are taken
inline constexpr std::array all{not_fit, other_engine, busy};
}  // namespace clone_refusal

/// Why a clone of this pod's own failed.
namespace own_clone_failure {
constexpr std::string_view connection = "connection";  ///< the donor was not reached, or one of the two is not proven
constexpr std::string_view stalled = "stalled";        ///< no byte came for --stall-timeout
constexpr std::string_view refused = "refused";        ///< the donor said no
constexpr std::string_view transfer =
    "transfer";  ///< anything else: a stream that broke or does not check out, a tool or server that failed
inline constexpr std::array all{connection, stalled, refused, transfer};
}  // namespace own_clone_failure

/// What a running clone-mysql knows of this pod's own clone beyond the state.
struct OwnCloneFacts {
  std::uint64_t expected_bytes = 0;  ///< of the clone that is being received; 0: none is, or nobody knows
  std::map<std::string_view, std::uint64_t> failed;  ///< by own_clone_failure, since this clone-mysql started
};

/// What the clone service has done since the sidecar started. Used on one io_context's thread alone.
struct CloneCounters {
  unsigned active = 0;
  std::uint64_t served = 0;                           ///< to the end, and with the trailer
  std::map<std::string_view, std::uint64_t> failed;   ///< by clone_failure
  std::map<std::string_view, std::uint64_t> refused;  ///< by clone_refusal
  std::uint64_t sent_bytes = 0;                       ///< of streams, counted as they are sent
  std::chrono::milliseconds duration{0};              ///< of the clones that ended, well or not
  std::map<int, std::uint64_t> tool_exits;            ///< by exit code; 128 and the number of a signal
};

}  // namespace mysql_agent
