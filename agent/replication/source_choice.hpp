#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/pod/hold.hpp"
#include "common/backup/clone_protocol.hpp"
#include "common/server/server_version.hpp"

namespace mysql_agent {

/// Another pod of the set, as its sidecar answered, and where its server is.
struct SourceCandidate {
  std::string host;
  DonorInfo info;
};

/// Whether a replica's data and its primary's are one history (AgentState::set_id).
///
/// | # | the replica | the primary told | it is   |
/// |---|-------------|------------------|---------|
/// | 1 | any         | nothing          | unknown |
/// | 2 | none yet    | an identity      | same: the replica takes it over |
/// | 3 | an identity | the same         | same    |
/// | 4 | an identity | another          | other: the primary's data was begun anew |
enum class SetIdentity { unknown, same, other };
SetIdentity compare_sets(const std::string& own, const std::string& of_primary);

/// Whom a replica replicates from.
struct SourceChoice {
  std::string host;            ///< of the source
  bool sibling = false;        ///< the source is a replica that has what the primary's logs lack: only to catch up
  std::optional<Hold> hold{};  ///< nobody has what is missing
};

/// Chooses the source by GTID sets alone, so that the choice can be made at each look. "Log start" is what a server had
/// before its binary log begins (DonorInfo::log_start): a replica that lacks some of that cannot follow the server. A
/// recovered primary has an empty log, and a primary that purged its logs has a short log.
///
/// | # | primary          | this replica             | a sibling                 | choice                  |
/// |---|------------------|--------------------------|---------------------------|-------------------------|
/// | 1 | says no position |                          |                           | as it is set            |
/// | 2 | says it          | has all of its log start |                           | the primary             |
/// | 3 | says it          | lacks some of it         | has more, can be followed | the one with most of it |
/// | 4 | says it          | lacks some of it         | none                      | hold                    |
///
/// `now` is the host that is set as the source. A sibling that itself catches up can be followed. A sibling that may
/// not hand on what it has (may_hand_on) cannot be followed.
SourceChoice choose_source(Flavour flavour, const std::string& executed, const std::string& now,
                           const std::string& primary_host, const std::optional<DonorInfo>& primary,
                           const std::vector<SourceCandidate>& siblings);

/// The transactions that a replica has and its primary lost when it was recovered, as GTIDs; empty: none. Counts the
/// first recovery of `of_primary` that is not in `own`, the recoveries that the replica knows: each later recovery
/// began with more. Where `of_primary` was cut and has none of `own`, nothing can be compared, and all that the replica
/// has counts. `has` are the replica's positions, executed and received. On MariaDB they must be compared before the
/// replica connects, because a recovered primary gives out the same GTIDs again.
std::string beyond_recovery(Flavour flavour, const std::vector<Recovery>& own, const std::vector<std::string>& has,
                            const std::vector<Recovery>& of_primary);

/// Finds transactions that a replica has and its primary never had. All that the replica has at a moment must be on the
/// primary at each later moment, because the primary commits first. So the replica's position of a look is kept until
/// the primary has told a position that is surely later, and only then the two are compared.
class DivergenceWatch {
 public:
  using Clock = std::chrono::steady_clock;
  /// How much earlier a replica may have a transaction than the primary shows it: with semi-synchronous replication the
  /// primary waits for the replica first.
  static constexpr std::chrono::seconds in_flight{5};

  /// `executed` is this replica's position, read before `now`; `primary` what the primary's sidecar told after `now`,
  /// of a look `age` ago at most. Returns the transactions that the primary lacks, as GTIDs, as of the last comparison;
  /// empty where there are none.
  std::string look(Clock::time_point now, Flavour flavour, const std::string& executed, const std::string& primary,
                   std::chrono::milliseconds age);
  /// Whether at the last comparison all that the replica had was on the primary.
  bool proven() const { return proven_; }
  /// How many transactions the last comparison found.
  std::uint64_t transactions() const { return transactions_; }

 private:
  std::string kept_;
  std::optional<Clock::time_point> kept_at_;
  std::string diverged_;
  bool proven_ = false;
  std::uint64_t transactions_ = 0;
};

}  // namespace mysql_agent
