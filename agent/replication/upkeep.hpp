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
      : said_(std::move(accounts)), tool_(std::move(tool)), accounts_(std::move(server)) {}

  /// On the primary: makes sure of managed_accounts. Throws as AccountKeeper::ensure.
  void look_after_accounts(MysqlClient& client, const PodView& view);

  /// On the primary, once it takes writes: installs the clone plugin where it is wanted. Everywhere: fills in whether
  /// the server has it and its account, and the tables whose rows it would not copy. A server that has no file of the
  /// plugin is no error: it cannot be cloned by it, and the log says so once. Throws SqlError.
  void look_after_clone_plugin(MysqlClient& client, PodView& view);

  /// On the primary: gives the server a position that a copy of it has too, see position_to_tell. Throws SqlError.
  void look_after_position(MysqlClient& client, PodView& view);

  /// On a replica: takes back what a person switched off and the agent relies on, read_only (on MySQL super_read_only)
  /// and on MariaDB gtid_strict_mode; and takes off what makes it differ, event_scheduler. Throws SqlError.
  void look_after_switches(MysqlClient& client, PodView& view);

 private:
  void find_uncopied_tables(MysqlClient& client);

  AccountOptions said_;
  std::optional<BackupTool> tool_;
  AccountKeeper accounts_;
  std::string last_refusal_;
  bool was_open_ = false;  ///< a replica's server, at the look before
  std::chrono::steady_clock::time_point install_again_{};
  std::chrono::steady_clock::time_point find_tables_again_{};
  std::vector<std::string> uncopied_tables_;
  std::uint64_t uncopied_table_count_ = 0;
};

}  // namespace mysql_agent
