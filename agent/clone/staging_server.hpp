#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/base/process.hpp"
#include "common/server/mysql_client.hpp"
#include "common/server/server_program.hpp"
#include "common/volume/data_dir.hpp"

namespace mysql_agent {

struct StagingServerOptions {
  DataDir dir;
  ServerProgram program;
  std::filesystem::path defaults_file;  ///< the server's option file; empty: its own default ones
};

/// argv of a MySQL server on staging, `more` last: no TCP, no binary log (so no GTIDs of its own), no replication, no
/// events, not read-only, whatever the option file says. All else that shapes the data is the option file's.
std::vector<std::string> staging_server_arguments(const StagingServerOptions& options,
                                                  const std::vector<std::string>& more);

/// Makes an empty MySQL data directory in staging, where root has no password. Throws failed with what the server said.
void initialize_staging(const StagingServerOptions& options);

/// MySQL's server of this image on staging, reached by a socket that nobody else can reach. It gets SIGKILL if its
/// owner goes first.
class StagingServer {
 public:
  /// Starts it and waits until it answers, for as long as it lives. Throws failed where it ends instead.
  StagingServer(const StagingServerOptions& options, const std::vector<std::string>& more);
  ~StagingServer();
  StagingServer(const StagingServer&) = delete;
  StagingServer& operator=(const StagingServer&) = delete;

  ServerLogin login() const;  ///< root, without a password
  void kill();
  /// Waits for its end: the exit code, or 128 + the signal; nullopt where it still runs after `timeout`.
  std::optional<int> wait_for(std::chrono::milliseconds timeout);
  /// Asks it to shut down cleanly and waits. Throws failed where it ends otherwise.
  void stop();
  std::string said() const;  ///< the last lines of its log; only after its end

 private:
  void end();

  const DataDir dir_;
  const std::filesystem::path socket_;
  LineTail out_;
  LineTail said_;
  Child child_;
  std::thread reader_;
};

}  // namespace mysql_agent
