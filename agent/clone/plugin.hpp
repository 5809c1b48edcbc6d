#pragma once

#include <chrono>
#include <cstdint>

#include "agent/clone/progress.hpp"
#include "agent/clone/staging_server.hpp"
#include "common/server/dialect.hpp"
#include "common/server/position.hpp"

namespace mysql_agent {

struct PluginClone {
  StagingServerOptions server;
  SourceAddress donor;  ///< the donor's server, and the account for clones
  bool require_tls = true;
  std::chrono::milliseconds stall_timeout{};
};

/// Clones the donor's server into staging by MySQL's clone plugin: a new server on staging takes the copy and ends.
/// Staging must be empty. When this returns, the copy is complete as far as that server knows; confirm_plugin_clone has
/// the last word. Throws failed with the cause otherwise; staging is then worth nothing.
/// https://dev.mysql.com/doc/refman/9.7/en/clone-plugin-remote.html
void clone_by_plugin(const PluginClone& clone, ReceiveProgress& progress);

struct PluginCopy {
  Position position;
  std::uint64_t bytes = 0;  ///< how many bytes were copied
};

/// Starts a server on the copy, which recovers and then tells whether the clone is Completed, and at which position.
/// Then shuts that server down cleanly. Can be repeated. Throws CopyUnusable where the copy is no good, and failed
/// where another try may help.
PluginCopy confirm_plugin_clone(const StagingServerOptions& server);

/// The transactions in the copy that the server with this UUID wrote; without a UUID none.
std::string own_transactions_of_clone(const PluginCopy& copy, std::string_view donor_uuid);

}  // namespace mysql_agent
