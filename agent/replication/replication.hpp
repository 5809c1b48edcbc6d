#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "agent/pod/peer_survey.hpp"
#include "agent/pod/verdict.hpp"
#include "agent/replication/healing.hpp"
#include "agent/replication/opening.hpp"
#include "agent/replication/plan.hpp"
#include "agent/replication/source_watch.hpp"
#include "agent/replication/upkeep.hpp"
#include "common/backup/clone_engine.hpp"
#include "common/net/tls.hpp"
#include "common/server/dialect.hpp"
#include "common/server/mysql_client.hpp"
#include "common/volume/data_dir.hpp"

namespace mysql_agent {

struct ReplicationOptions {
  PodSet set;
  DataDir dir;
  ServerLogin login;
  SourceAddress source;    ///< with the replication account; the primary makes sure of it where there is a password
  std::string clone_user;  ///< of the account for MySQL's clone plugin
  Secret clone_password;   ///< empty: the plugin is not offered
  EngineChoice engine{};
  std::optional<BackupTool> tool;  ///< in PATH here
  std::uint16_t clone_port = 0;    ///< where the peers' sidecars answer
  std::uint32_t peers_above = 0;   ///< how many ordinals after our own are asked
  Tls tls;                         ///< of the peers' clone service
};

/// Watches one server: each look reads its facts, plans, acts, and returns what it found. Blocking; one thread at a
/// time. The object keeps the connection, and between looks the pauses and what must be seen twice.
class ReplicationWatch {
 public:
  explicit ReplicationWatch(ReplicationOptions options)
      : options_(std::move(options)),
        upkeep_(options_.login,
                {.replication_user = options_.source.user,
                 .replication_password = options_.source.password,
                 .clone_user = options_.clone_user,
                 .clone_password = options_.clone_password,
                 .engine = options_.engine},
                options_.tool),
        sources_(options_.set, options_.clone_port, options_.peers_above, options_.tls) {}

  /// Never throws, neither for a server that is down nor for anything else: the view says what failed.
  PodView look();

 private:
  std::uint64_t data_bytes();
  bool knows_new_password();
  void act(PodView& view);
  ReplicationPlan hold_for_peers(const ReplicationPlan& plan, const PodView& view) const;
  static bool is_of_own(const ReplicationPlan& plan, const PodView& view, const std::string& own);
  void note_pause(const PodView& view);
  void leave(const ReplicationPlan& plan, PodView& view);
  void leave_opening(const OpeningPlan& plan, PodView& view);
  void look_at_primary(PodView& view);
  void note_filters(PodView& view);
  void take_release(PodView& view);
  void take_over_events(PodView& view);
  bool look_after_own(ReplicationPlan& plan, PodView& view);
  void note_received(const PodView& view);
  void leave_set(PodView& view);
  bool may_connect(const ReplicationPlan& plan, PodView& view);
  void look_after_set_id(PodView& view);
  void take_over_recoveries(PodView& view);
  bool hold_confirmed(const Hold& hold, PodView& view);
  ReplicationPlan try_source_again(const ReplicationPlan& plan, const PodView& view) const;
  ReplicationPlan hold_of_before(const ReplicationPlan& plan, const PodView& view) const;
  bool are_own_gone(const Hold& hold, const PodView& view) const;
  bool can_go_on(const PodView& view) const;
  std::string accepted(const PodView& view) const;
  void forget_hold(PodView& view);
  void look_after_opening(PodView& view);
  void look_after_log(PodView& view);
  OpeningPeer ask_anew(const PeerFact& peer) const;
  std::vector<OpeningPeer> ask_before_opening();
  void note_lacked(const OpeningPlan& plan, PodView& view);
  void take_release_of_primary(PodView& view);
  bool may_try_again(bool after_error);

  ReplicationOptions options_;
  Upkeep upkeep_;
  std::optional<MysqlClient> client_;
  bool new_password_known_ = true;  ///< false: the server took the previous password alone
  std::chrono::steady_clock::time_point try_new_password_again_{};
  SourceWatch sources_;
  Healing healing_;
  std::optional<Position> own_received_;  ///< the latest received position that surely is of the data's own set
  std::optional<Wait> logged_wait_;
  std::optional<PauseRequest> logged_pause_;
  std::optional<Hold> last_hold_;  ///< the hold that the look before found
  std::optional<Hold> logged_hold_;
  std::optional<OpeningAction> logged_opening_;
  Position log_end_;  ///< of the primary's binary log, at the look before
  std::chrono::steady_clock::time_point keep_log_end_again_{};
  bool seen_open_ = false;        ///< the primary took writes, on this connection
  std::int64_t noted_start_ = 0;  ///< the start of the server whose opening by a person was written down in a pause
  std::map<std::string, std::chrono::steady_clock::time_point> silent_since_;  ///< by pod, while the primary is closed
  std::chrono::steady_clock::time_point acted_at_{};  ///< when replication was set up or started last
  std::string last_warning_;
  std::string last_error_;
  std::uint64_t data_bytes_ = 0;
  std::chrono::steady_clock::time_point data_bytes_until_{};
  std::chrono::milliseconds pause_{0};
  std::chrono::steady_clock::time_point next_try_{};
};

}  // namespace mysql_agent
