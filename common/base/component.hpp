#pragma once

#include <string_view>

/// The names with which log lines begin: `component: event key=value`.
namespace mysql_agent::component {

inline constexpr std::string_view agent = "agent";      ///< the command line, before a subcommand runs
inline constexpr std::string_view init = "init-mysql";  ///< the subcommand
inline constexpr std::string_view clone = "clone-mysql";
inline constexpr std::string_view sidecar = "sidecar";
inline constexpr std::string_view donor = "donor";  ///< the clone service of the sidecar
inline constexpr std::string_view reclone = "reclone";
inline constexpr std::string_view release = "release";
inline constexpr std::string_view pause = "pause";  ///< pause and resume
inline constexpr std::string_view install = "install";
inline constexpr std::string_view http = "http";  ///< the servers of both ports
inline constexpr std::string_view tls = "tls";    ///< secrets and certificates

}  // namespace mysql_agent::component
