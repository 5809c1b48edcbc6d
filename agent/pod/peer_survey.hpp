#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/backup/clone_engine.hpp"
#include "common/backup/clone_protocol.hpp"
#include "common/base/pod.hpp"
#include "common/net/http_client.hpp"
#include "common/net/tls.hpp"

namespace mysql_agent {

/// What a look at one peer gave.
struct PeerFact {
  enum class Kind {
    absent,    ///< its name does not exist, or, at a literal address, nothing listens
    silent,    ///< it exists, or may exist, and gave no answer
    answered,  ///< `info` is its answer
  };
  std::uint32_t ordinal = 0;
  std::string pod;  ///< its name, whether it answered or not
  std::string host;
  Kind kind = Kind::absent;
  std::string error;    ///< of a silent one
  bool exists = false;  ///< of a silent one: its name resolved. Else DNS gave no sure answer
  DonorInfo info;
  Engine engine = Engine::xtrabackup;  ///< of ClonePlan::donors: how to clone it
};

/// One round of asking all peers.
struct PeerSurvey {
  bool own_name_resolves = false;  ///< else an unknown name proves nothing: DNS may not carry unready pods
  std::vector<PeerFact> peers;
  /// Pods of an earlier round that existed, did not say what they have, and do not exist now. survey_peers leaves it
  /// empty.
  std::vector<PeerFact> gone{};
};

/// Whether a connection that failed says that there is no such pod: an unknown name, or, at a literal address, nobody
/// who listens.
bool says_absent(const ConnectError& error, const std::string& host);

/// Asks one pod's clone port what it is. Never throws for a peer that is not there: that is an answer too.
/// At a literal address a refused connection says that there is no peer, as an unknown name says of a name. One that
/// cannot be authenticated is silent: it exists, and what it has is not known. `domain` is where the pods' names are
/// (domain_of); empty: it is not known, and the search list is gone through.
PeerFact ask_peer(const PodSet& set, std::uint32_t ordinal, std::uint16_t port, std::chrono::milliseconds timeout,
                  const Tls& tls, const std::string& domain = "");

/// Asks it again and again until it tells of a look at its server that began after this call, for `timeout` at most.
PeerFact ask_peer_anew(const PodSet& set, std::uint32_t ordinal, std::uint16_t port, std::chrono::milliseconds timeout,
                       const Tls& tls, const std::string& domain = "");

/// Asks all pods below our ordinal, and `above` of those that follow it, one after another.
PeerSurvey survey_peers(const PodSet& set, std::uint16_t port, std::uint32_t above, std::chrono::milliseconds timeout,
                        const Tls& tls);

}  // namespace mysql_agent
