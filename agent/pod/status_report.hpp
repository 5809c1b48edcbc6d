#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "agent/pod/pod_view.hpp"
#include "agent/pod/verdict.hpp"

namespace mysql_agent {

/// The path at which a sidecar serves the JSON of `mysql-agent status`.
constexpr const char* status_path = "/status";

/// What is known of a pod, for programs. The names of the fields never change.
std::string status_json(const PodView& view, const Verdict& verdict);

/// The fields of that JSON that other pods read. A text that is null there is empty here.
struct StatusReport {
  std::string pod;
  bool ready = false;
  std::string reason;
  std::string role;
  std::string state;
  std::string donor;
  std::string position;
  std::string server;                        ///< its flavour and version, as `mariadb 11.8.3`
  std::string agent;                         ///< the version of the agent that answers; empty: an older one
  std::optional<std::uint64_t> look_age_ms;  ///< how old the look is that the report tells
  std::optional<std::uint64_t> lag_seconds;
  std::optional<ReplicationState>
      replication;                    ///< nullopt: no source is set, or a state that this version does not know
  std::string held;                   ///< why replication is on hold; empty: it is not
  std::optional<HoldKind> held_kind;  ///< of `held`; nullopt: a kind that this version does not know
  std::string waiting;                ///< why the replica waits for the primary; empty: it does not wait
  std::optional<PauseRequest> paused;
  std::vector<Deviation> deviations;
  bool source_away = false;
  std::optional<std::chrono::seconds> not_followed_for;
  std::string clone_activity;  ///< what clone-mysql does, where it is what answers; else empty
  std::string json;            ///< all of it

  /// Whether a replica is ready although its source is away.
  bool goes_on_without_source() const {
    return ready && replication && *replication != ReplicationState::running && *replication != ReplicationState::none;
  }
};

/// Throws failed if the text is no such JSON, or another pod's.
StatusReport read_status_report(const std::string& pod, const std::string& json);

/// Asks the sidecar of `pod`, for two seconds at most. Throws ConnectError if nothing listens there, and failed for an
/// answer that is no status. `lookup` is as in HttpConnection.
StatusReport ask_status(const std::string& pod, const std::string& host, std::uint16_t port,
                        const std::string& lookup = "");

/// Makes a text of another pod fit for a terminal: control characters become blanks.
std::string printable(std::string text);

}  // namespace mysql_agent
