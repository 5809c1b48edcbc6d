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
const char* engine_name(Engine engine);  ///< as in --engine, the clone protocol and the state file

/// What --engine chooses. `automatic`: the backup tool where it is in PATH and fits the server, else the plugin.
enum class EngineChoice { automatic, xtrabackup, clone_plugin };

/// Whether the plugin is the engine of a pod whose server this is. The server may yet lack it.
bool wants_clone_plugin(EngineChoice choice, const std::optional<BackupTool>& tool, const ServerVersion& server);

/// Whether a pod looks after the plugin and its account: where the plugin is its engine, and where --engine is `auto`
/// and there is a password for the account. Then it is offered beside the stream of a backup tool, to recipients that
/// have no tool.
bool keeps_clone_plugin(EngineChoice choice, const std::optional<BackupTool>& tool, const ServerVersion& server,
                        bool has_password);

/// Empty where the plugin can clone a donor of one version into a recipient of the other, else why it cannot.
/// https://dev.mysql.com/doc/refman/9.7/en/clone-plugin-remote.html : 8.0.17 to 8.0.36 only the same version,
/// from 8.0.37 on within the series; and from 9.7, the first one that can, into the next long-term series.
std::string clone_plugin_mismatch(const ServerVersion& donor, const ServerVersion& recipient);

}  // namespace mysql_agent
