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

/// How far a pod's data is. The state file is all that one process of the agent tells another. Each state is durable
/// before the next step begins.
enum class DataState {
  cloning,        ///< staging is incomplete
  cloned,         ///< the stream is complete, verified and durable
  prepared,       ///< the backup tool has prepared the copy, and its checkpoint file says so
  setting_aside,  ///< a new copy is prepared; a part of the old data may be in `set_aside`
  discarding,     ///< a part of the old data may be removed: a person asked for that, and there is a donor
  publishing,     ///< a part of the copy may be in the data directory
  published,      ///< the data is complete; replication starts at `position`
  replicating,    ///< the sidecar has set replication up
  primary,        ///< the primary's data, judged complete
  adopted,        ///< data that was there before the agent, judged complete
};

inline constexpr std::array all_states{DataState::cloning,       DataState::cloned,      DataState::prepared,
                                       DataState::setting_aside, DataState::discarding,  DataState::publishing,
                                       DataState::published,     DataState::replicating, DataState::primary,
                                       DataState::adopted};

/// The name of a state, as in the state file.
const char* state_name(DataState state);
/// Whether the data directory is complete in this state, so that a server may start on it.
bool is_settled(DataState state);

/// Where a pod's data came from.
enum class Origin {
  clone,       ///< another pod
  initialize,  ///< a first initialisation by the agent
  adopt,       ///< data that was there before the agent
};

/// Why a replica is on hold for good, as the sidecar wrote it down (agent/pod/hold.hpp): until a new clone, a proof, or
/// a person's word.
struct RecordedHold {
  std::string cause;
  std::string gtids;
  std::string beside;
  std::string detail;
  int error_number = 0;  ///< of the server, where the cause is an error of a server
  bool operator==(const RecordedHold&) const = default;
};

/// The content of the state file.
struct AgentState {
  DataState state = DataState::cloning;
  std::string pod;
  Origin origin = Origin::clone;
  Position position;                      ///< empty until the tool's metadata files have been read
  Engine engine = Engine::xtrabackup;     ///< how a clone was made, and so how it is prepared
  std::string donor;                      ///< the pod that the data was cloned from
  std::string donor_uuid;                 ///< of a replica's server, until its clone by MySQL's plugin is confirmed
  std::string set_id;                     ///< the history that the data belongs to (new_set_id); empty: not known yet
  std::vector<Recovery> recoveries;       ///< the recoveries of the set's primary that the data knows, oldest first
  std::uint64_t bytes = 0;                ///< length of the clone's stream
  std::chrono::milliseconds duration{0};  ///< time that the clone's transfer took
  /// MySQL: the source had gtid_mode=OFF when the data was cloned, or was followed by file and offset. Then the data
  /// may have transactions that no GTID tells of.
  bool by_file = false;
  /// The relay log may hold events of another set than the data. None of its events may be applied any more.
  bool doubtful_relay_log = false;
  /// Of a primary: the start of its server (ServerFacts::started) that was let take writes last.
  std::optional<std::int64_t> opened;
  std::int64_t opened_at = 0;  ///< when that was, by the server's clock (ServerFacts::now)
  /// Of a primary that takes writes: an end of its binary log, some seconds old, and what it had then.
  Position log_end;
  /// Of a primary that lacks what a replica has: that pod, while the primary replicates from it.
  std::string catching_up_from;
  /// Of a primary: what `lacked_from` had and this primary lacked. It takes no writes before it has that.
  std::string lacked;
  std::string lacked_from;
  std::uint32_t server_id = 0;  ///< of the primary, meanwhile: its server has a borrowed one
  std::optional<RecordedHold> hold;
  /// GTIDs that a person has taken as they are (`release`): they are no reason for a hold. Of a primary: it opens
  /// without these.
  std::string accepted;
  /// Events that the primary does not run, as DonorInfo::disabled_events of the donor, and later of the primary.
  std::optional<std::vector<std::string>> disabled_events;
  bool scheduler_waits = false;  ///< of a primary: its options want event_scheduler on, and clone-mysql has switched it
                                 ///< off for each start of the server, until the primary takes writes
  bool events_wait = false;      ///< of a recovered primary: the lost one's events are still disabled, as on a replica
  /// MySQL: the position without transactions of a replica's own, while they are taken out: the server may have none.
  std::string healing;
  /// The replication and log filters that a replica had since its clone (ServerFacts::filters): rows may be missing,
  /// also after the filters are gone.
  std::string filtered;
  std::vector<std::string> emptied;  ///< MEMORY tables that a restart of a replica's server emptied since its clone
  std::string set_aside;             ///< the name in set-aside/ of the data that this data replaced; empty: none
  bool operator==(const AgentState&) const = default;
};

/// Makes a set_id, 32 random hex digits, for a primary's data that does not continue other data. Clones and replicas
/// take over the set_id of their primary. GTIDs alone do not tell two histories apart. A primary that is made again
/// under the same server id counts from 1 again (MariaDB), or has transactions that any replica takes (MySQL).
std::string new_set_id();

/// Reads a state file. nullopt: the file does not exist. Throws refused if the file is cut, empty, of another format,
/// or of another pod than `pod`: data with such a file must not be touched.
std::optional<AgentState> read_state(const std::filesystem::path& file, const std::string& pod);

/// The part of a hint that says what it costs to remove a state file.
inline constexpr const char* lost_identity =
    "Without its state the data has no set_id: a primary makes a new one, and its replicas hold for another set. If "
    "they have its history, write their "
    "set_id (in their state.json) into the primary's state.json as soon as it is there, or reclone them";

/// The text of the file (JSON, format 1).
std::string state_text(const AgentState& state);
/// Reads the text of the file. Throws refused if it is cut or of another format.
AgentState parse_state(const std::string& text);

}  // namespace mysql_agent
