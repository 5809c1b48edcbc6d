#pragma once

#include <optional>
#include <string>

#include "agent/clone/activity.hpp"
#include "agent/clone/options.hpp"
#include "agent/clone/preflight.hpp"
#include "agent/clone/staging_server.hpp"
#include "common/backup/backup_tool.hpp"
#include "common/server/server_settings.hpp"
#include "common/volume/data_dir.hpp"
#include "common/volume/state_file.hpp"

namespace mysql_agent {

/// The GTIDs that a donor had when it was chosen, and that the position in its copy lacks. A copy without a GTID is
/// good only if its donor has written nothing: a replica would begin with all that is in the donor's log, and apply
/// twice what is in the copy. Empty: there are none, or the donor's servers do not replicate by GTID.
std::string missing_in_position(const DonorInfo& donor, const Position& position);

/// Makes the copy in staging, by one step for each state. A step is durable when it returns. A step that was killed can
/// be begun anew.
class CopyMaker {
 public:
  CopyMaker(const CloneOptions& options, const DataDir& dir, CloneActivity& activity)
      : options_(options), dir_(dir), activity_(activity), tool_(find_backup_tool()), server_(find_server_program()) {}

  const std::optional<BackupTool>& tool() const { return tool_; }         ///< in PATH here
  const std::optional<ServerProgram>& server() const { return server_; }  ///< in PATH here
  /// Whether the copy will replace data. Then it has a state of its own beside the state of the data.
  void set_beside_data(bool beside_data) { beside_data_ = beside_data; }

  AgentState new_state(DataState state, Origin origin) const;
  /// Sets the state to `next`, and makes that durable.
  void enter(AgentState& state, DataState next);

  /// Checks, before a byte is moved, that all agrees (agreement.hpp) and that there is space. `freed` bytes are removed
  /// before the clone. Throws usage_error, and as check_space does.
  void check_donor(const PeerFact& donor, std::uint64_t freed);
  /// Goes from nothing to `cloned`. Throws failed with the cause; staging is then worth nothing.
  void receive(const PeerFact& donor, bool recovery);
  /// Goes from `cloned` to `prepared`. A copy that is no good goes back to `cloning`. Throws failed or usage_error.
  void prepare(AgentState state);
  /// Goes from nothing to `prepared`: makes a primary's first data directory.
  void initialize(const std::string& reason);

 private:
  const ServerSettings& own_settings();
  StagingServerOptions staging_server() { return {dir_, *server_, own_settings()}; }
  void check_offer(const PeerFact& donor) const;
  void receive_stream(const PeerFact& donor, bool recovery, AgentState& state);
  void receive_by_plugin(const PeerFact& donor, AgentState& state);
  void confirm_by_plugin(AgentState& state);
  void sync_tree();

  const CloneOptions& options_;
  const DataDir dir_;
  CloneActivity& activity_;
  const std::optional<BackupTool> tool_;
  const std::optional<ServerProgram> server_;
  bool beside_data_ = false;
  std::optional<ServerSettings> own_settings_;
};

}  // namespace mysql_agent
