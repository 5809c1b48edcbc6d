#include "agent/clone/reason_text.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;

namespace {

using Kind = CloneReason::Kind;

NamedPeer peer(std::uint32_t ordinal, std::optional<DonorObstacle> obstacle = std::nullopt) {
  NamedPeer named;
  named.peer.pod = named.peer.info.pod = "mysql-" + std::to_string(ordinal);
  named.peer.host = named.peer.pod + ".mysql";
  named.peer.kind = PeerFact::Kind::answered;
  named.obstacle = obstacle;
  return named;
}

NamedPeer unfit(std::uint32_t ordinal, const std::string& reason) {
  NamedPeer named = peer(ordinal, DonorObstacle{.kind = DonorObstacle::Kind::unfit});
  named.peer.info.reason = reason;
  return named;
}

NamedPeer silent(std::uint32_t ordinal, const std::string& error) {
  NamedPeer named = peer(ordinal, DonorObstacle{.kind = DonorObstacle::Kind::silent});
  named.peer.kind = PeerFact::Kind::silent;
  named.peer.error = error;
  return named;
}

NamedPeer with_data(std::uint32_t ordinal, const std::string& position) {
  NamedPeer named = peer(ordinal);
  named.peer.info.has_data = true;
  named.peer.info.position = position;
  return named;
}

CloneReason no_fit_donor(std::vector<NamedPeer> peers) {
  return {.kind = Kind::no_fit_donor, .peers = std::move(peers)};
}

}  // namespace

TEST_CASE("a wait whose numbers and errors change is the same wait") {
  CHECK(is_same_wait(no_fit_donor({unfit(0, "it is 99 s behind")}), no_fit_donor({unfit(0, "it is 98 s behind")})));
  CHECK(is_same_wait(no_fit_donor({silent(0, "no route")}), no_fit_donor({silent(0, "time-out")})));
  NamedPeer behind = peer(1);
  behind.peer.info.unapplied = "0-100-53";
  NamedPeer nearer = behind;
  nearer.peer.info.unapplied = "0-100-54";
  CHECK(is_same_wait({.kind = Kind::peers_behind, .peers = {behind}}, {.kind = Kind::peers_behind, .peers = {nearer}}));
}

TEST_CASE("a wait for another reason, for other pods, or with another obstacle is another wait") {
  const CloneReason first = no_fit_donor({unfit(0, "it is 99 s behind")});
  CHECK_FALSE(is_same_wait(first, {.kind = Kind::peers_silent, .peers = first.peers}));
  CHECK_FALSE(is_same_wait(first, no_fit_donor({unfit(1, "it is 99 s behind")})));
  CHECK_FALSE(is_same_wait(first, no_fit_donor({unfit(0, "it is 99 s behind"), silent(1, "no route")})));
  CHECK_FALSE(is_same_wait(first, no_fit_donor({silent(0, "no route")})));
  CHECK_FALSE(is_same_wait(first, no_fit_donor({})));
  NamedPeer on_hold = unfit(0, "it is 99 s behind");
  on_hold.peer.info.held = "diverged";
  CHECK_FALSE(is_same_wait(first, no_fit_donor({on_hold})));
  CloneReason asked = first;
  asked.asked = "2026-01-31T23:59:59Z";
  CHECK_FALSE(is_same_wait(first, asked));
  const CloneReason data{.kind = Kind::set_had_data, .evidence = {{"mysql-1", true, "has data at 0-100-5"}}};
  const CloneReason more{.kind = Kind::set_had_data, .evidence = {{"mysql-1", true, "has data at 0-100-6"}}};
  const CloneReason vague{.kind = Kind::set_had_data, .evidence = {{"mysql-2", true, "had data"}}};
  CHECK(is_same_wait(data, more));
  CHECK_FALSE(is_same_wait(data, vague));
}

TEST_CASE("a reason names its pods, each with its obstacle") {
  CHECK(text(no_fit_donor({})) == "no fit donor: no other pod was found");
  CHECK(text(no_fit_donor({unfit(0, ""), silent(1, "no route")})) ==
        "no fit donor: mysql-0.mysql: it is not fit; mysql-1.mysql: no route");
  INFO("what several pods say is said once");
  CHECK(
      text(no_fit_donor({silent(0, "mysql-0.mysql:3307 refused this pod's secret"),
                         silent(1, "mysql-1.mysql:3307 refused this pod's secret"), unfit(2, "it is 99 s behind"),
                         silent(10, "mysql-10.mysql:3307 refused this pod's secret")})) ==
      "no fit donor: 3 of 4 pods, mysql-0, mysql-1, mysql-10: it refused this pod's secret; mysql-2.mysql: it is 99 s "
      "behind");
  CloneReason asked = no_fit_donor({peer(0, DonorObstacle{.kind = DonorObstacle::Kind::no_free_slot})});
  asked.asked = "2026-01-31T23:59:59Z";
  CHECK(text(asked) ==
        "a new clone was asked for at 2026-01-31T23:59:59Z, and there is no fit donor: mysql-0.mysql: all its clone "
        "slots are taken");
  CHECK(text(CloneReason{.kind = Kind::peers_silent, .peers = {silent(1, "no route"), with_data(2, "")}}) ==
        "waiting for mysql-1: no route; mysql-2 has the data (no GTID): keep its volume");
  CHECK(text(CloneReason{.kind = Kind::nobody_has_data}) == "the data directory is empty, and no peer exists");
  CHECK(text(CloneReason{.kind = Kind::nobody_has_data, .peers = {peer(1), peer(2)}}) ==
        "the data directory is empty, and so are all other pods: mysql-1, mysql-2");
}

TEST_CASE("a wait for a pod that does not answer names the pods whose volumes are to be kept") {
  NamedPeer stopped = peer(2);
  stopped.peer.info.reason = "its server does not answer";
  const NamedPeer first = with_data(1, "0-100-12");
  const auto waits_for = [](std::vector<NamedPeer> peers) {
    return text(CloneReason{.kind = Kind::peers_silent, .peers = std::move(peers)});
  };
  CHECK(waits_for({first, stopped, with_data(3, "0-100-12")}) ==
        "waiting for mysql-2: its server does not answer; mysql-1 and mysql-3 have the data (0-100-12): keep their "
        "volumes");
  CHECK(waits_for({first, stopped, with_data(3, "0-100-11"), with_data(4, "0-100-12")}) ==
        "waiting for mysql-2: its server does not answer; mysql-1 (0-100-12), mysql-3 (0-100-11) and mysql-4 "
        "(0-100-12) have the data: keep their volumes");
  NamedPeer nothing = peer(1);
  nothing.peer.info.empty = true;
  CHECK(waits_for({nothing, stopped, silent(3, "no route")}) ==
        "waiting for mysql-2: its server does not answer; mysql-3: no route");
}
