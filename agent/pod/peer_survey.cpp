#include "agent/pod/peer_survey.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <thread>

#include "agent/pod/status_report.hpp"
#include "common/net/search_list.hpp"

namespace mysql_agent {
namespace {

// False also if DNS fails: then nothing is known.
bool surely_resolves(const std::string& host) {
  try {
    return is_literal_address(host) || name_resolves(host);
  } catch (const ConnectError&) {
    return false;
  }
}

// The first line of a body of text, for people.
std::string first_line_text(const std::string& body) {
  constexpr std::size_t longest = 200;
  const std::string line = body.substr(0, std::min(body.find('\n'), longest));
  return line.empty() ? "" : ": " + printable(line);
}

}  // namespace

bool says_absent(const ConnectError& error, const std::string& host) {
  return error.failure() == ConnectFailure::unknown_name ||
         (error.failure() == ConnectFailure::refused && is_literal_address(host));
}

namespace {

// A pod's domain stays the same as long as the process runs. Empty: it is not known yet, and the resolver goes through
// the search list.
std::string known_domain_of(const std::string& own_host) {
  static std::mutex mutex;
  static std::map<std::string, std::string> known;
  const std::lock_guard lock(mutex);
  std::string& domain = known[own_host];
  if (domain.empty()) domain = domain_of(own_host);
  return domain;
}

PeerFact ask(const PodSet& set, std::uint32_t ordinal, std::uint16_t port, const std::string& target,
             std::chrono::milliseconds timeout, const Tls& tls, const std::string& domain) {
  PeerFact fact;
  fact.ordinal = ordinal;
  fact.pod = set.pod_name(ordinal);
  fact.host = set.host(ordinal);
  const std::string lookup = full_name(fact.host, domain);
  try {
    const HttpAnswer answer = http_get(fact.host, port, target, timeout, tls, lookup);
    if (answer.status != 200)
      throw failed("it answered with HTTP status " + std::to_string(answer.status) + first_line_text(answer.body), "");
    fact.info = parse_donor_info(answer.body);
    if (fact.info.pod != set.pod_name(ordinal))
      throw failed("it says that it is the pod " + fact.info.pod + ", expected " + set.pod_name(ordinal), "");
    fact.kind = PeerFact::Kind::answered;
  } catch (const ConnectError& error) {
    fact.kind = says_absent(error, fact.host) ? PeerFact::Kind::absent : PeerFact::Kind::silent;
    fact.error = error.what();
    fact.exists = fact.kind == PeerFact::Kind::silent && surely_resolves(lookup);
  } catch (const HandshakeError& error) {
    fact.kind = PeerFact::Kind::silent;
    fact.exists = true;
    fact.error = std::string(error.what()) + " (" + error.hint() + ")";
  } catch (const Error& error) {
    fact.kind = PeerFact::Kind::silent;
    fact.exists = true;
    fact.error = error.what();
  }
  return fact;
}

constexpr std::chrono::milliseconds ask_again_after{100};

}  // namespace

PeerFact ask_peer(const PodSet& set, std::uint32_t ordinal, std::uint16_t port, std::chrono::milliseconds timeout,
                  const Tls& tls) {
  return ask(set, ordinal, port, clone_protocol::donor_path, timeout, tls, known_domain_of(set.own_host()));
}

PeerFact ask_peer_anew(const PodSet& set, std::uint32_t ordinal, std::uint16_t port, std::chrono::milliseconds timeout,
                       const Tls& tls) {
  const auto begin = std::chrono::steady_clock::now();
  const std::string target = std::string(clone_protocol::donor_path) + "?" + clone_protocol::fresh_query;
  const std::string domain = known_domain_of(set.own_host());
  while (true) {
    const auto asked = std::chrono::steady_clock::now();
    PeerFact fact = ask(set, ordinal, port, target, timeout, tls, domain);
    fact.fresh = fact.kind == PeerFact::Kind::answered && fact.info.age <= asked - begin;
    // A primary that takes no writes asks its replicas, while they ask it: nobody waits for its next look.
    const bool closed = fact.kind == PeerFact::Kind::answered && !fact.info.open.value_or(true);
    if (fact.fresh || closed || asked >= begin + timeout) return fact;
    std::this_thread::sleep_for(ask_again_after);
  }
}

PeerSurvey survey_peers(const PodSet& set, std::uint16_t port, std::uint32_t above, std::chrono::milliseconds timeout,
                        const Tls& tls) {
  PeerSurvey survey;
  const std::string domain = known_domain_of(set.own_host());
  for (const std::uint32_t ordinal : set.ordinals(above))
    if (ordinal != set.pod.ordinal)
      survey.peers.push_back(ask(set, ordinal, port, clone_protocol::donor_path, timeout, tls, domain));
  survey.own_name_resolves = surely_resolves(full_name(set.own_host(), domain));
  return survey;
}

}  // namespace mysql_agent
