#pragma once

#include <cstdint>

/// The ports that are used where no flag says another one, and the address on which they are listened on. Every other
/// default stands in agent/cli/flags.cpp alone.
namespace mysql_agent::defaults {

inline constexpr std::uint16_t mysql_port = 3306;  ///< of a database server
inline constexpr std::uint16_t clone_port = 3307;  ///< of the clone service
inline constexpr std::uint16_t http_port = 9307;   ///< of the probes, /status and /metrics
/// All addresses of this host, of both families; where the kernel has no IPv6, those of IPv4.
inline constexpr const char* all_addresses = "*";

}  // namespace mysql_agent::defaults
