#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "common/base/pod.hpp"
#include "common/volume/data_dir.hpp"

namespace mysql_agent {

struct PauseOptions {
  PodSet set;
  DataDir dir;
  std::optional<std::chrono::milliseconds> duration;  ///< of pause; nullopt: until mysql-agent resume
  std::string http_host;                              ///< where the pod's own sidecar answers
  std::uint16_t http_port = 0;
};

/// `mysql-agent pause`: writes down that the sidecar is to change nothing, and waits until the sidecar says so. Where
/// no sidecar answers, it does not wait. Throws failed where the sidecar goes on for longer than a look may take, and
/// usage_error where the data directory is missing.
void pause(const PauseOptions& options);

/// `mysql-agent resume`: withdraws the pause, and waits in the same way. Throws as pause.
void resume(const PauseOptions& options);

}  // namespace mysql_agent
