#pragma once

#include <chrono>
#include <cstdint>

#include "agent/clone_plan.hpp"
#include "common/http_client.hpp"
#include "common/pod.hpp"
#include "common/tls.hpp"

namespace mysql_agent {

/// Whether a connection that failed says that there is no such pod: an unknown name, or, at a literal address, nobody who listens.
bool says_absent(const ConnectError& error, const std::string& host);

/// Asks one pod's clone port what it is. Never throws for a peer that is not there: that is an answer too.
/// At a literal address a refused connection says that there is no peer, as an unknown name says of a name. One that cannot be
/// authenticated is silent: it exists, and what it has is not known.
PeerFact ask_peer(const PodSet& set, std::uint32_t ordinal, std::uint16_t port, std::chrono::milliseconds timeout, const Tls& tls);

/// Asks all pods below our ordinal, and `above` of those that follow it, one after another.
PeerSurvey survey_peers(const PodSet& set, std::uint16_t port, std::uint32_t above, std::chrono::milliseconds timeout, const Tls& tls);

}  // namespace mysql_agent
