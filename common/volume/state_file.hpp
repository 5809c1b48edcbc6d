#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/backup/clone_engine.hpp"
#include "common/server/position.hpp"
#include "common/server/recovery.hpp"

namespace mysql_agent {

/// How far the pod's data is; the only thing that passes between the agent's processes.
/// Each one is durable before the next act begins.
enum class DataState {
  cloning,        ///< staging is incomplete
  cloned,         ///< the stream is complete, verified and synced
  prepared,       ///< the backup tool has prepared it and its checkpoint file agrees
  setting_aside,  ///< a new copy is prepared; the old data may be renamed to `set_aside`
  discarding,     ///< the old data may be removed: a person asked for that, and there is a donor
  publishing,     ///< some entries may be renamed into the data directory
  published,      ///< complete; `position` holds where replication starts
  replicating,    ///< the sidecar has set replication up
  primary,        ///< the primary's data, judged complete
  adopted,        ///< data that was there before the agent, judged complete
};

inline constexpr std::array all_states{DataState::cloning,       DataState::cloned,      DataState::prepared,
                                       DataState::setting_aside, DataState::discarding,  DataState::publishing,
                                       DataState::published,     DataState::replicating, DataState::primary,
                                       DataState::adopted};

const char* state_name(DataState state);
/// Whether the data directory is complete in this state: a server may start on it.
bool is_settled(DataState state);

/// Where the data came from.
enum class Origin { clone, initialize, adopt };

/// Why a replica is on hold for good, as the sidecar wrote it down (agent/pod/hold.hpp): until a new clone, a proof, or
/// a person's word.
struct RecordedHold {
  std::string cause;
  std::string gtids;
  std::string beside;
  std::string detail;
  bool operator==(const RecordedHold&) const = default;
};

struct AgentState {
  DataState state = DataState::cloning;
  std::string pod;
  Origin origin = Origin::clone;
  Position position;                      ///< empty until the tool's metadata files have been read
  Engine engine = Engine::xtrabackup;     ///< of a clone: how it was made, and so how it is prepared
  std::string donor;                      ///< the pod that the data was cloned from
  std::string set_id;                     ///< whose history the data is, see new_set_id; empty: not known yet
  std::vector<Recovery> recoveries;       ///< of the set's primary, oldest first, as far as this data knows them
  std::uint64_t bytes = 0;                ///< length of the clone's stream
  std::chrono::milliseconds duration{0};  ///< of the transfer
  /// MySQL: the data's source had gtid_mode=OFF when it was cloned, or was followed by file and offset: what it has of
  /// transactions without a GTID no GTID tells.
  bool by_file = false;
  /// The relay log may hold events of another set than the data's: nothing of it may be applied any more.
  bool doubtful_relay_log = false;
  /// Of a primary: the start of its server (ServerFacts::started) that was let take writes last.
  std::optional<std::int64_t> opened;
  /// Of a primary that lacks what a replica has: that pod, while the primary replicates from it.
  std::string catching_up_from;
  std::uint32_t server_id = 0;  ///< of the primary, meanwhile: its server has a borrowed one
  std::optional<RecordedHold> hold;
  std::string accepted;   ///< GTIDs that a person has taken as they are (`release`): they are no reason for a hold
  std::string set_aside;  ///< the name in set-aside/ of the data that this one replaced; empty: none
  bool operator==(const AgentState&) const = default;
};

/// A new identity, 32 random hex digits, for a primary's data that continues nobody's. Clones and replicas take over
/// their primary's. GTIDs do not tell two histories apart: a primary that is made anew under the same server id counts
/// again from 1 (MariaDB), or brings transactions that any replica takes (MySQL).
std::string new_set_id();

/// nullopt where there is no such file. Throws refused (never "fresh") where it is cut, empty, of a newer format, or
/// belongs to another pod: data that nobody understands must not be touched.
std::optional<AgentState> read_state(const std::filesystem::path& file, const std::string& pod);

/// What it costs to remove a state file, for hints.
inline constexpr const char* lost_identity =
    "Without its state the data has no set_id: a primary makes a new one, and its replicas hold for another set. If "
    "they have its history, write their "
    "set_id (in their state.json) into the primary's state.json as soon as it is there, or reclone them";

/// The file's text (JSON, format 1), and back. parse_state throws refused.
std::string state_text(const AgentState& state);
AgentState parse_state(const std::string& text);

}  // namespace mysql_agent
