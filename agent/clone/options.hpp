#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

#include "agent/clone/plan.hpp"
#include "common/base/pod.hpp"
#include "common/base/secret.hpp"
#include "common/net/tls.hpp"

namespace mysql_agent {

/// What clone-mysql is told by its flags. The flags hold the defaults.
struct CloneOptions {
  PodSet set;
  std::filesystem::path data_dir;
  /// Where init-mysql left the server's option files. An entrypoint that makes the first data directory needs one of
  /// them changed; it need not be there otherwise.
  std::filesystem::path conf_dir;
  std::uint16_t clone_port = 0;
  Tls tls;  ///< of the clone service; not nullptr: the clone plugin must use TLS too
  unsigned parallel = 0;
  std::uint64_t use_memory = 0;  ///< bytes for prepare; 0: default_prepare_memory()
  std::chrono::milliseconds donor_wait{};
  std::chrono::milliseconds stall_timeout{};
  std::uint32_t peers_above = 0;  ///< how many ordinals after the own one are asked
  OnLostPrimary on_lost_primary{};
  bool initialize = false;
  Secret root_password;          ///< of `initialize`
  std::string replication_user;  ///< the account that replicas use; `initialize` makes it
  Secret replication_password;   ///< empty: the account is not made
  EngineChoice engine{};
  /// The option file of the server that clone-mysql runs on a copy; empty: the default files of that server.
  std::filesystem::path defaults_file;
  std::string clone_user;  ///< the account of the clone plugin
  Secret clone_password;
  std::string listen;           ///< the address of `clone_port`, where clone-mysql answers while it runs
  std::string http_host;        ///< the address of the probes' port, where clone-mysql answers too
  std::uint16_t http_port = 0;  ///< the probes' port
};

}  // namespace mysql_agent
