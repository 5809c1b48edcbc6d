#include "agent/peer_survey.hpp"

namespace mysql_agent {

bool says_absent(const ConnectError& error, const std::string& host) {
  return error.failure() == ConnectFailure::unknown_name || (error.failure() == ConnectFailure::refused && is_literal_address(host));
}

PeerFact ask_peer(const PodSet& set, std::uint32_t ordinal, std::uint16_t port, std::chrono::milliseconds timeout, const Tls& tls) {
  PeerFact fact;
  fact.ordinal = ordinal;
  fact.host = set.host(ordinal);
  try {
    const HttpAnswer answer = http_get(fact.host, port, clone_protocol::donor_path, timeout, tls);
    if (answer.status != 200) throw failed("it answered with HTTP status " + std::to_string(answer.status), "");
    fact.info = parse_donor_info(answer.body);
    if (fact.info.pod != set.pod_name(ordinal))
      throw failed("it says that it is the pod " + fact.info.pod + ", expected " + set.pod_name(ordinal), "");
    fact.kind = PeerFact::Kind::answered;
  } catch (const ConnectError& error) {
    fact.kind = says_absent(error, fact.host) ? PeerFact::Kind::absent : PeerFact::Kind::silent;
    fact.error = error.what();
  } catch (const HandshakeError& error) {
    fact.kind = PeerFact::Kind::silent;
    fact.error = std::string(error.what()) + " (" + error.hint() + ")";
  } catch (const Error& error) {
    fact.kind = PeerFact::Kind::silent;
    fact.error = error.what();
  }
  return fact;
}

PeerSurvey survey_peers(const PodSet& set, std::uint16_t port, std::uint32_t above, std::chrono::milliseconds timeout, const Tls& tls) {
  PeerSurvey survey;
  for (const std::uint32_t ordinal : set.ordinals(above))
    if (ordinal != set.pod.ordinal) survey.peers.push_back(ask_peer(set, ordinal, port, timeout, tls));
  try {
    survey.own_name_resolves = is_literal_address(set.own_host()) || name_resolves(set.own_host());
  } catch (const ConnectError&) {
    survey.own_name_resolves = false;
  }
  return survey;
}

}  // namespace mysql_agent
