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
  bool sibling = false;        ///< a replica that has what the primary's logs have not: only to catch up from
  std::optional<Hold> hold{};  ///< nobody has what is missing
};

/// Chooses the source by GTID sets alone, so that it can be asked at each look. "Log start" is what a server's binary
/// log does not have (DonorInfo::log_start): who lacks some of that cannot follow it. A primary whose volume was
/// recovered has an empty log, and one that purged its logs a short one.
///
/// | # | primary          | this replica             | a sibling                 | choice                  |
/// |---|------------------|--------------------------|---------------------------|-------------------------|
/// | 1 | says no position |                          |                           | as it is set            |
/// | 2 | says it          | has all of its log start |                           | the primary             |
/// | 3 | says it          | lacks some of it         | has more, can be followed | the one with most of it |
/// | 4 | says it          | lacks some of it         | none                      | hold                    |
///
/// `now` is the host that is set as the source. A sibling that itself catches up has what it has: it is no worse for
/// that. One that is held for transactions that the primary has not cannot be followed.
SourceChoice choose_source(Flavour flavour, const std::string& executed, const std::string& now,
                           const std::string& primary_host, const std::optional<DonorInfo>& primary,
                           const std::vector<SourceCandidate>& siblings);

/// What a replica has and its primary lost when it was recovered, as GTIDs; empty where there is nothing. It counts the
/// first recovery that the replica does not know of yet, `own`: those after it began with more. `has` are its
/// positions, executed and received; on MariaDB they must be compared before it connects, for the recovered primary
/// gives the same GTIDs anew.
std::string beyond_recovery(Flavour flavour, const std::vector<Recovery>& own, const std::vector<std::string>& has,
                            const std::vector<Recovery>& of_primary);

/// Finds transactions that a replica has and its primary never had. What the replica has at one moment must be on the
/// primary at each later one; a commit in flight is on the primary first. So the replica's position of one look is kept
/// until the primary has told one that is surely later, and only then the two are compared.
class DivergenceWatch {
 public:
  using Clock = std::chrono::steady_clock;
  /// How much earlier a replica may have a transaction than the primary shows it: with semi-synchronous replication it
  /// waits for the replica.
  static constexpr std::chrono::seconds in_flight{5};

  /// `executed` is this replica's position, read before `now`; `primary` what the primary's sidecar told after `now`,
  /// of a look `age` ago at most. Returns the transactions that the primary lacks, as GTIDs, as of the last comparison;
  /// empty where there are none.
  std::string look(Clock::time_point now, Flavour flavour, const std::string& executed, const std::string& primary,
                   std::chrono::milliseconds age);
  /// Whether at the last comparison all that the replica had was on the primary.
  bool proven() const { return proven_; }
  /// How many they are.
  std::uint64_t transactions() const { return transactions_; }

 private:
  std::string kept_;
  std::optional<Clock::time_point> kept_at_;
  std::string diverged_;
  bool proven_ = false;
  std::uint64_t transactions_ = 0;
};

}  // namespace mysql_agent
