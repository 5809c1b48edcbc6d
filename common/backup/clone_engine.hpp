#pragma once

#include <optional>
#include <string>

#include "common/backup/backup_tool.hpp"
#include "common/server/server_version.hpp"

namespace mysql_agent {

/// How a clone is made.
enum class Engine {
  xtrabackup,    ///< a backup tool's stream: mariadb-backup or XtraBackup
  clone_plugin,  ///< MySQL's own clone plugin, from server to server
};
/// The name of an engine as in --engine, in the clone protocol and in the state file.
const char* engine_name(Engine engine);

/// The value of --engine. `automatic` takes the backup tool if PATH has a tool that fits the server, else the plugin.
enum class EngineChoice { automatic, xtrabackup, clone_plugin };

/// Whether the plugin is the engine of a pod that has this server. The plugin need not be installed in the server yet.
bool wants_clone_plugin(EngineChoice choice, const std::optional<BackupTool>& tool, const ServerVersion& server);

/// Whether a pod looks after the plugin and its account. It does so if the plugin is its engine, or if --engine is
/// `auto` and there is a password for the account. In the second case the pod offers both engines; recipients without a
/// backup tool take the plugin.
bool keeps_clone_plugin(EngineChoice choice, const std::optional<BackupTool>& tool, const ServerVersion& server,
                        bool has_password);

/// Why the plugin cannot clone a donor of one version into a recipient of the other. nullopt: it can. From 8.0.17 to
/// 8.0.36 the versions must be equal. From 8.0.37 on the series must be equal; besides, 9.7 can be cloned into the next
/// long-term series. https://dev.mysql.com/doc/refman/9.7/en/clone-plugin-remote.html
std::optional<std::string> clone_plugin_mismatch(const ServerVersion& donor, const ServerVersion& recipient);

}  // namespace mysql_agent
