#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/pod/hold.hpp"
#include "agent/pod/pod_view.hpp"
#include "common/server/mysql_client.hpp"
#include "common/server/own_log.hpp"
#include "common/volume/data_dir.hpp"

namespace mysql_agent {

/// What is known of the transactions that a replica wrote itself.
struct OwnActs {
  std::string own;                                ///< all that the primary lacks, as GTIDs; empty: none
  std::string judged;                             ///< those of them that no person has accepted
  bool read = false;                              ///< the log was read to its end
  bool found = false;                             ///< all `judged` were found in it
  std::vector<LoggedTransaction> transactions{};  ///< those that were found
  bool log_is_read = false;                       ///< another server or program reads this server's binary log
};

enum class HealingAction {
  nothing,  ///< there is nothing to heal
  read,     ///< go on reading the log at the next look
  heal,     ///< take the transactions out of the server's position and log
  hold,     ///< a person must look
};

struct HealingPlan {
  HealingAction action = HealingAction::nothing;
  std::string changed{};               ///< of hold: what the first transaction that changed something changed
  bool harmless = false;               ///< of hold: only the reader of the log stands in the way
  std::vector<std::string> emptied{};  ///< of heal: the MEMORY tables that are empty since a restart
};

/// Decides what becomes of a replica's own transactions. Transactions that are not known to be harmless are held.
///
/// | # | own transactions | in its log                      | the log    | action  |
/// |---|------------------|---------------------------------|------------|---------|
/// | 1 | none             |                                 |            | nothing |
/// | 2 | some             | one changed something           |            | hold    |
/// | 3 | some             | it is not read to its end       |            | read    |
/// | 4 | some             | not all are found               |            | hold    |
/// | 5 | some             | none changed anything, or a person accepted them | is read by another | hold |
/// | 6 | some             | none changed anything, or a person accepted them | is read by nobody | heal |
HealingPlan plan_healing(const OwnActs& acts);

/// Heals a replica of transactions of its own that changed nothing. Blocking; one thread at a time. The object keeps
/// its place in the binary log between looks.
class Healing {
 public:
  /// At each look, before anything else: ends a healing that a kill has cut short, and returns whether there was such a
  /// healing. Throws as look.
  static bool go_on(MysqlClient& client, const DataDir& dir, PodView& view);

  /// At a look without own transactions: notes the end of the log, up to which the log is clean.
  void note_clean(const ServerFacts& server);

  /// At a look with own transactions. `of_primary` is the position of the primary, as GTIDs. Reads a part of the log.
  /// Where the log shows that the transactions are harmless, takes them out of the server: the I/O thread is stopped
  /// then, and the view shows the server without them. Returns what was done; after `hold`, `found` says why. In a
  /// paused pod it takes nothing out, and returns `read` instead. Throws SqlError, and failed where the state cannot be
  /// written.
  HealingAction look(MysqlClient& client, const DataDir& dir, const std::string& of_primary, PodView& view,
                     Hold& found);

  /// Whether the last look of a paused pod found transactions that it could heal.
  bool could_heal() const { return could_heal_; }

  /// How many transactions were healed since the process started.
  std::uint64_t healed() const { return healed_; }

 private:
  struct Place {
    std::string file;
    std::uint64_t offset = 0;
  };

  bool read_log(MysqlClient& client, const ServerFacts& server, const std::string& judged, const std::string& accepted);
  Place first_place(MysqlClient& client, const Dialect& dialect);
  HealingPlan heal(MysqlClient& client, const DataDir& dir, const std::string& of_primary, PodView& view);
  HealingPlan heal_locked(MysqlClient& client, const DataDir& dir, const std::string& of_primary, PodView& view);
  OwnActs acts(MysqlClient& client, const std::string& of_primary, const PodView& view);

  std::optional<OwnLog> log_;   ///< the part of the log that was read
  Place at_;                    ///< the end of that part
  bool from_clean_ = false;     ///< that part begins at `clean_`, not where the own transactions must begin
  bool read_ = false;           ///< the log was read to its end
  std::optional<Place> clean_;  ///< the end of the log at the last look without own transactions
  std::uint64_t healed_ = 0;
  bool could_heal_ = false;
  std::chrono::steady_clock::time_point next_try_{};
};

/// Whether another program reads this server's binary log, or a clone by MySQL's plugin runs: that copies the GTIDs
/// too, and must not copy them between two statements of a healing. Throws SqlError.
bool is_log_read(MysqlClient& client, const Dialect& dialect);

}  // namespace mysql_agent
