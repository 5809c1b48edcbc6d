#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/base/process.hpp"
#include "common/server/mysql_client.hpp"
#include "common/server/server_settings.hpp"
#include "common/volume/data_dir.hpp"

namespace mysql_agent {

struct StagingServerOptions {
  DataDir dir;
  ServerProgram program;
  ServerSettings settings;  ///< of the server that will run on the data
};

/// argv of a MySQL server on staging, with `extra_options` last. It reads no option file. Of `settings` it gets what
/// shapes the data, what a clone compares, what finds keys, and what this machine needs. It has no TCP, no binary log
/// (and so no GTIDs of its own), no replication and no events, and is not read-only. All its files are in staging.
std::vector<std::string> staging_server_arguments(const StagingServerOptions& options,
                                                  const std::vector<std::string>& extra_options);

/// The names of the options that such a server gets, and `keyring_*` and `clone_*`.
std::vector<std::string> carried_options();

/// Makes an empty MySQL data directory in staging, where root has no password. Throws failed with the server's
/// last log lines.
void initialize_staging(const StagingServerOptions& options);

/// MySQL's server of this image on staging. Its socket is in a directory that nobody else can reach. The destructor
/// kills the server with SIGKILL where it still runs.
class StagingServer {
 public:
  /// Starts the server and waits until it answers, for as long as it lives. Throws failed where it ends instead.
  StagingServer(const StagingServerOptions& options, const std::vector<std::string>& extra_options);
  ~StagingServer();
  StagingServer(const StagingServer&) = delete;
  StagingServer& operator=(const StagingServer&) = delete;

  ServerLogin login() const;  ///< root, without a password
  void kill();
  /// Waits for the end of the server. Returns its exit code, or 128 + the signal; nullopt where it still runs after
  /// `timeout`.
  std::optional<int> wait_for(std::chrono::milliseconds timeout);
  /// Shuts the server down cleanly, and waits for its end. Throws failed where it ends with an error.
  void stop();
  std::string last_log_lines() const;  ///< only after the end of the server

 private:
  void end();

  const DataDir dir_;
  const std::filesystem::path socket_;
  LineTail stdout_tail_;
  LineTail stderr_tail_;
  Child child_;
  std::thread reader_;
};

}  // namespace mysql_agent
