#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "agent/pod/accounts.hpp"
#include "agent/pod/pod_view.hpp"
#include "common/server/mysql_client.hpp"

namespace mysql_agent {

/// What the sidecar keeps in order on its server so that other pods can follow it and clone it: accounts, and MySQL's
/// clone plugin.
class Upkeep {
 public:
  Upkeep(ServerLogin server, AccountOptions accounts, std::optional<BackupTool> tool)
      : options_(std::move(accounts)), tool_(std::move(tool)), accounts_(std::move(server)) {}

  /// On the primary: makes, or mends, the accounts of managed_accounts. Throws as AccountKeeper::ensure.
  void look_after_accounts(MysqlClient& client, const PodView& view);

  /// On a primary that takes writes: installs MySQL's clone plugin where the options ask for it. In every pod: fills in
  /// whether the server has the plugin and its account, and the tables whose rows the plugin would not copy. A server
  /// without the plugin's file is no error: the plugin cannot clone it, and the log says so once. Throws SqlError.
  void look_after_clone_plugin(MysqlClient& client, PodView& view);

  /// On the primary: gives the server the position that its copies must have, see position_to_tell. Throws SqlError.
  void look_after_position(MysqlClient& client, PodView& view);

  /// On a replica: sets read_only (on MySQL super_read_only) and MariaDB's gtid_strict_mode again where a person
  /// switched them off, because the agent relies on them. Switches event_scheduler off, because events make a replica
  /// differ. Throws SqlError.
  void look_after_switches(MysqlClient& client, PodView& view);

 private:
  void find_uncopied_tables(MysqlClient& client);

  AccountOptions options_;
  std::optional<BackupTool> tool_;
  AccountKeeper accounts_;
  std::string last_refusal_;
  bool was_open_ = false;  ///< a replica's server took writes at the look before
  std::chrono::steady_clock::time_point install_again_{};
  std::chrono::steady_clock::time_point find_tables_again_{};
  std::vector<std::string> uncopied_tables_;
  std::uint64_t uncopied_table_count_ = 0;
  std::vector<std::string> outside_files_;
  std::uint64_t outside_file_count_ = 0;
};

}  // namespace mysql_agent
