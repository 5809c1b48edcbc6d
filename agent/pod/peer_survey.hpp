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

/// What is known of a peer after it was asked.
struct PeerFact {
  enum class Kind {
    absent,    ///< the pod's name does not exist, or, at a literal address, nothing listens
    silent,    ///< the pod exists, or may exist, and gave no answer
    answered,  ///< `info` is the answer
  };
  std::uint32_t ordinal = 0;
  std::string pod;  ///< the pod's name, also of a silent pod
  std::string host;
  Kind kind = Kind::absent;
  std::string error;    ///< of a silent pod
  bool exists = false;  ///< of a silent pod: its name resolved; false: DNS gave no sure answer
  DonorInfo info;
  bool fresh = false;                  ///< of ask_peer_anew: the answer tells of a look that began after the call
  Engine engine = Engine::xtrabackup;  ///< of ClonePlan::donors: how to clone it
};

/// The answers of all peers.
struct PeerSurvey {
  bool own_name_resolves =
      false;  ///< false: an unknown name proves nothing, for DNS may leave out pods that are not ready
  std::vector<PeerFact> peers;
  /// Pods of an earlier round that existed, did not say what they have, and do not exist now. survey_peers leaves it
  /// empty.
  std::vector<PeerFact> gone{};
};

/// Whether a failed connection says that the pod does not exist: its name is unknown, or, at a literal address, nothing
/// listens.
bool says_absent(const ConnectError& error, const std::string& host);

/// Asks a pod on its clone port what it has. A pod that is not there is an outcome, no exception. A pod that fails to
/// authenticate is silent: it exists, and its data is unknown. Names are asked for in the domain of the own name
/// (domain_of), once that is known.
PeerFact ask_peer(const PodSet& set, std::uint32_t ordinal, std::uint16_t port, std::chrono::milliseconds timeout,
                  const Tls& tls);

/// Asks the pod again and again, for `timeout` at most, until its answer is of a look that began after this call.
PeerFact ask_peer_anew(const PodSet& set, std::uint32_t ordinal, std::uint16_t port, std::chrono::milliseconds timeout,
                       const Tls& tls);

/// Asks all pods below our ordinal, and the next `above` pods after it, one after another.
PeerSurvey survey_peers(const PodSet& set, std::uint16_t port, std::uint32_t above, std::chrono::milliseconds timeout,
                        const Tls& tls);

}  // namespace mysql_agent
