#include "agent/pod/peer_survey.hpp"

#include <catch2/catch.hpp>

#include "common/base/file.hpp"
#include "common/net/http_client.hpp"
#include "tests/support/sockets.hpp"

using namespace mysql_agent;
using namespace std::chrono_literals;

namespace {

// A port on which surely nobody listens: it is bound, and stays so.
class ClosedPort {
 public:
  ClosedPort() : socket_(test::tcp_socket()) { REQUIRE(test::bind_to(socket_, "0.0.0.0", number_)); }
  std::uint16_t number() const { return number_; }

 private:
  Fd socket_;
  std::uint16_t number_ = 0;
};

PodSet set_at(const char* peer_host, const char* pod = "mysql-1") {
  PodSet set{parse_pod_name(pod)};
  set.peer_host_template = peer_host;
  return set;
}

}  // namespace

TEST_CASE("an address is told from a name") {
  for (const char* address : {"127.0.0.1", "10.0.0.255", "::1", "fe80::1"}) CHECK(is_literal_address(address));
  for (const char* name : {"mysql-0.mysql", "localhost", "127.0.0.1.mysql", "", "1.2.3"})
    CHECK_FALSE(is_literal_address(name));
}

TEST_CASE("at a literal address a refused connection says that there is no peer") {
  const ClosedPort port;
  const PeerFact fact = ask_peer(set_at("127.0.0.{ordinal}"), 5, port.number(), 5s, nullptr);
  CHECK(fact.kind == PeerFact::Kind::absent);
  CHECK(fact.ordinal == 5);
  CHECK(fact.host == "127.0.0.5");
}

TEST_CASE("by a name that resolves, a refused connection is a peer that is silent") {
  const ClosedPort port;
  PodSet set = set_at("{ordinal}");
  set.peer_host_template = "localhost";
  const PeerFact fact = ask_peer(set, 5, port.number(), 5s, nullptr);
  CHECK(fact.kind == PeerFact::Kind::silent);
  CHECK(fact.exists);
  CHECK(fact.pod == "mysql-5");
  CHECK_FALSE(fact.error.empty());
}

TEST_CASE("all ordinals below and some above are asked, but not our own") {
  const ClosedPort port;
  const PeerSurvey survey = survey_peers(set_at("127.0.0.{ordinal}", "mysql-3"), port.number(), 2, 5s, nullptr);
  std::vector<std::uint32_t> ordinals;
  for (const PeerFact& peer : survey.peers) ordinals.push_back(peer.ordinal);
  CHECK(ordinals == std::vector<std::uint32_t>{0, 1, 2, 4, 5});
  CHECK(survey.own_name_resolves);
}

TEST_CASE("the survey begins at the first ordinal") {
  const ClosedPort port;
  PodSet set = set_at("127.0.0.{ordinal}", "mysql-3");
  set.first_ordinal = 2;
  const PeerSurvey survey = survey_peers(set, port.number(), 1, 5s, nullptr);
  REQUIRE(survey.peers.size() == 2);
  CHECK(survey.peers[0].ordinal == 2);
  CHECK(survey.peers[1].ordinal == 4);
}
