#include "agent/clone/plan.hpp"
#include "agent/clone/known_data.hpp"
#include "agent/clone/reason_text.hpp"
#include "agent/pod/hold.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;

namespace {

const ServerVersion mariadb = parse_server_version("10.11.19-MariaDB");
constexpr DataState settled[] = {DataState::published, DataState::replicating, DataState::primary, DataState::adopted};

DataDirFacts dir_of(Content content, std::optional<DataState> state = std::nullopt) {
  DataDirFacts facts;
  facts.content = content;
  facts.content_reason = "the evidence";
  if (state) {
    facts.state.emplace();
    facts.state->state = *state;
  }
  return facts;
}

const DataDirFacts empty_dir = dir_of(Content::empty);

ClonePolicy policy_of(Role role, std::uint32_t ordinal) {
  ClonePolicy policy;
  policy.role = role;
  policy.ordinal = ordinal;
  policy.tool = BackupTool{"/usr/bin/mariadb-backup", "mariadb-backup", {Flavour::mariadb, 10, 11, 6}};
  return policy;
}

const ClonePolicy primary = policy_of(Role::primary, 0);
const ClonePolicy replica = policy_of(Role::replica, 2);

PeerFact peer(std::uint32_t ordinal, PeerFact::Kind kind) {
  PeerFact fact;
  fact.ordinal = ordinal;
  fact.pod = "mysql-" + std::to_string(ordinal);
  fact.host = fact.pod + ".mysql";
  fact.kind = kind;
  fact.error = "no answer";
  return fact;
}

PeerFact absent(std::uint32_t ordinal) {
  return peer(ordinal, PeerFact::Kind::absent);
}
PeerFact silent(std::uint32_t ordinal) {
  return peer(ordinal, PeerFact::Kind::silent);
}

// A peer that answers, has data, is fit, and has a free slot.
PeerFact good(std::uint32_t ordinal, const std::string& position = "0-100-5") {
  PeerFact fact = peer(ordinal, PeerFact::Kind::answered);
  fact.info.pod = "mysql-" + std::to_string(ordinal);
  fact.info.role = ordinal == 0 ? Role::primary : Role::replica;
  fact.info.server = mariadb;
  fact.info.position = position;
  fact.info.slots_total = fact.info.slots_free = 1;
  fact.info.has_data = fact.info.fit = true;
  fact.info.engines = {"xtrabackup"};
  return fact;
}

PeerFact with(PeerFact fact, void (*change)(DonorInfo&)) {
  change(fact.info);
  return fact;
}

// A peer without data, whose clone-mysql answers.
PeerFact empty_peer(std::uint32_t ordinal) {
  PeerFact fact = peer(ordinal, PeerFact::Kind::answered);
  fact.info.pod = "mysql-" + std::to_string(ordinal);
  fact.info.empty = true;
  fact.info.reason = "clone-mysql waits";
  return fact;
}

PeerSurvey survey(std::vector<PeerFact> peers, bool own_name_resolves = true) {
  return {.own_name_resolves = own_name_resolves, .peers = std::move(peers)};
}

std::vector<std::uint32_t> donors_of(const ClonePlan& plan) {
  std::vector<std::uint32_t> out;
  for (const PeerFact& donor : plan.donors) out.push_back(donor.ordinal);
  return out;
}

using Ordinals = std::vector<std::uint32_t>;

// A pod of MySQL 8.4 with all that either engine needs.
ClonePolicy mysql_policy(Role role, std::uint32_t ordinal) {
  ClonePolicy policy = policy_of(role, ordinal);
  policy.tool = BackupTool{"/usr/bin/xtrabackup", "xtrabackup", {Flavour::mysql, 8, 4, 0}};
  policy.server = parse_server_version("8.4.3");
  policy.clone_password = true;
  return policy;
}

PeerFact mysql_good(std::uint32_t ordinal, const std::vector<std::string>& engines,
                    const std::string& position = "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5") {
  PeerFact fact = good(ordinal, position);
  fact.info.server = {Flavour::mysql, 8, 4, 3};
  fact.info.engines = engines;
  return fact;
}

const std::vector<std::string> by_stream{"xtrabackup"};
const std::vector<std::string> by_plugin{"clone-plugin"};
const std::vector<std::string> by_either{"xtrabackup", "clone-plugin"};

}  // namespace

TEST_CASE("clone-mysql decides by its table") {
  const ClonePolicy& any = GENERATE(0, 1) == 0 ? primary : replica;
  CAPTURE(role_name(any.role));
  // The peers are the best of donors, and yet rows 1 to 7 do not look at them.
  const PeerSurvey peers = survey({good(0), good(1), good(3)});

  SECTION("row 1: settled data is kept") {
    for (const DataState state : settled) {
      CAPTURE(state_name(state));
      CHECK(plan_clone(dir_of(Content::complete, state), peers, any).action == CloneAction::keep);
      // A copy that was published has no trace of a server until one has run on it.
      CHECK(plan_clone(dir_of(Content::incomplete, state), peers, any).action == CloneAction::keep);
      CHECK(plan_clone(dir_of(Content::complete, state), std::nullopt, any).action == CloneAction::keep);
    }
  }
  SECTION("row 2: an unfinished staging is thrown away") {
    CHECK(plan_clone(dir_of(Content::empty, DataState::cloning), peers, any).action == CloneAction::restart);
  }
  SECTION("row 3: a complete stream is prepared") {
    CHECK(plan_clone(dir_of(Content::empty, DataState::cloned), peers, any).action == CloneAction::prepare);
  }
  SECTION("row 4: a prepared copy is published, and publishing goes on beside what is published") {
    CHECK(plan_clone(dir_of(Content::empty, DataState::prepared), peers, any).action == CloneAction::publish);
    for (const Content content : {Content::empty, Content::incomplete, Content::complete})
      CHECK(plan_clone(dir_of(content, DataState::publishing), peers, any).action == CloneAction::publish);
  }
  SECTION("row 5: an unfinished copy beside data is refused") {
    for (const DataState state : {DataState::cloning, DataState::cloned, DataState::prepared})
      for (const Content content : {Content::incomplete, Content::complete}) {
        const ClonePlan plan = plan_clone(dir_of(content, state), peers, any);
        CHECK(plan.action == CloneAction::refuse);
        CHECK_THAT(text(plan.reason), Catch::Contains(state_name(state)));
        CHECK_FALSE(hint(plan.reason).empty());
      }
  }
  SECTION("row 6: complete data without a state is adopted") {
    CHECK(plan_clone(dir_of(Content::complete), peers, any).action == CloneAction::adopt);
  }
  SECTION("row 7: incomplete data without a state is refused, with the evidence and a way out") {
    const ClonePlan plan = plan_clone(dir_of(Content::incomplete), peers, any);
    CHECK(plan.action == CloneAction::refuse);
    CHECK_THAT(text(plan.reason), Catch::Contains("the evidence"));
    CHECK_FALSE(hint(plan.reason).empty());
  }
  SECTION("an empty directory asks the peers, also where its state says that it had data") {
    CHECK(plan_clone(empty_dir, std::nullopt, any).action == CloneAction::ask_peers);
    for (const DataState state : settled)
      CHECK(plan_clone(dir_of(Content::empty, state), std::nullopt, any).action == CloneAction::ask_peers);
  }
}

namespace {

// A replica's settled data, and what is there of a fresh clone of it.
DataDirFacts asked(std::optional<DataState> copy = std::nullopt, bool discard = false) {
  DataDirFacts facts = dir_of(Content::complete, DataState::replicating);
  facts.request = RecloneRequest{"mysql-2", "2026-01-31T23:59:59Z", discard};
  if (copy) {
    facts.copy.emplace();
    facts.copy->state = *copy;
  }
  return facts;
}

}  // namespace

TEST_CASE("clone-mysql replaces data only where a person asked for it, by its table") {
  const PeerSurvey peers = survey({good(0), good(1), good(3)});
  SECTION("row 13: a copy whose request was withdrawn is thrown away, and the data kept") {
    for (const DataState copy : {DataState::cloning, DataState::cloned, DataState::prepared}) {
      DataDirFacts facts = asked(copy);
      facts.request.reset();
      for (const ClonePolicy& any : {primary, replica}) {
        const ClonePlan plan = plan_clone(facts, peers, any);
        CHECK(plan.action == CloneAction::restart);
        CHECK(plan.beside_data);
      }
      facts.copy.reset();
      CHECK(plan_clone(facts, peers, replica).action == CloneAction::keep);
    }
  }
  SECTION("row 14: the primary's data is never replaced") {
    for (const auto& facts : {asked(), asked(DataState::prepared), asked(std::nullopt, true)}) {
      const ClonePlan plan = plan_clone(facts, peers, primary);
      CHECK(plan.action == CloneAction::refuse);
      CHECK_THAT(hint(plan.reason), Catch::Contains("reclone --cancel"));
    }
  }
  SECTION("row 15: an unfinished copy is thrown away, not the data") {
    const ClonePlan plan = plan_clone(asked(DataState::cloning), peers, replica);
    CHECK(plan.action == CloneAction::restart);
    CHECK(plan.beside_data);
  }
  SECTION("row 16: a complete stream is prepared beside the data") {
    const ClonePlan plan = plan_clone(asked(DataState::cloned), peers, replica);
    CHECK(plan.action == CloneAction::prepare);
    CHECK(plan.beside_data);
  }
  SECTION("row 17: only a prepared copy replaces the data") {
    CHECK(plan_clone(asked(DataState::prepared), std::nullopt, replica).action == CloneAction::set_aside);
    CHECK(plan_clone(asked(DataState::prepared, true), std::nullopt, replica).action == CloneAction::set_aside);
  }
  SECTION("row 18: a fit donor is cloned beside the data, or the data goes first where the request says so") {
    CHECK(plan_clone(asked(), std::nullopt, replica).action == CloneAction::ask_peers);
    const ClonePlan plan = plan_clone(asked(), peers, replica);
    CHECK(plan.action == CloneAction::clone);
    CHECK(plan.beside_data);
    CHECK(donors_of(plan) == Ordinals{1, 3, 0});
    CHECK_FALSE(plan_clone(empty_dir, peers, replica).beside_data);
    const ClonePlan discard = plan_clone(asked(std::nullopt, true), peers, replica);
    CHECK(discard.action == CloneAction::discard);
    CHECK(donors_of(discard) == Ordinals{1, 3, 0});
  }
  SECTION("row 19: without a fit donor nothing happens to the data, allowed to be removed or not") {
    for (const bool discard : {false, true})
      for (const auto& none :
           {survey({}), survey({absent(0), silent(1)}), survey({with(good(0), [](DonorInfo& i) { i.fit = false; })})}) {
        const ClonePlan plan = plan_clone(asked(std::nullopt, discard), none, replica);
        CHECK(plan.action == CloneAction::wait);
        CHECK_THAT(text(plan.reason), Catch::Contains("2026-01-31T23:59:59Z") && Catch::Contains("no fit donor"));
        CHECK_THAT(hint(plan.reason), Catch::Contains("reclone --cancel"));
      }
  }
  SECTION("rows 20 and 21: what was begun goes on, whatever is there and whoever asked") {
    for (const Content content : {Content::empty, Content::incomplete, Content::complete})
      for (const ClonePolicy& any : {primary, replica}) {
        CHECK(plan_clone(dir_of(content, DataState::setting_aside), peers, any).action == CloneAction::set_aside);
        CHECK(plan_clone(dir_of(content, DataState::discarding), peers, any).action == CloneAction::discard);
      }
  }
  SECTION("a directory that lost its data is cloned as any empty one") {
    DataDirFacts facts = asked(DataState::prepared);
    facts.content = Content::empty;
    CHECK(plan_clone(facts, std::nullopt, replica).action == CloneAction::ask_peers);
    const ClonePlan plan = plan_clone(facts, peers, replica);
    CHECK(plan.action == CloneAction::clone);
    CHECK_FALSE(plan.beside_data);
  }
}

TEST_CASE("row 8: an empty replica clones from fit donors") {
  CHECK(plan_clone(empty_dir, survey({good(0)}), replica).action == CloneAction::clone);
  CHECK(plan_clone(dir_of(Content::empty, DataState::replicating), survey({good(0)}), replica).action ==
        CloneAction::clone);
  const ClonePlan plan = plan_clone(empty_dir, survey({good(0), good(1), absent(3)}, false), replica);
  CHECK(plan.action == CloneAction::clone);
  CHECK_FALSE(plan.recovery);
}

TEST_CASE("replicas below go first from N-1 down, then those above, and the primary last") {
  const ClonePolicy third = policy_of(Role::replica, 3);
  CHECK(donors_of(plan_clone(empty_dir, survey({good(0), good(1), good(2), good(4), good(5)}), third)) ==
        Ordinals{2, 1, 4, 5, 0});
  CHECK(donors_of(plan_clone(empty_dir, survey({good(5), good(4), good(2), good(1), good(0)}), third)) ==
        Ordinals{2, 1, 4, 5, 0});
  CHECK(donors_of(plan_clone(empty_dir, survey({good(0)}), third)) == Ordinals{0});
}

TEST_CASE("row 9: an empty replica waits where none is fit, and says why for each") {
  const auto refused_for = [](const PeerFact& fact, const std::string& reason) {
    const ClonePlan plan = plan_clone(empty_dir, survey({absent(0), fact}), replica);
    CHECK(plan.action == CloneAction::wait);
    CHECK(plan.donors.empty());
    CHECK_THAT(text(plan.reason), Catch::Contains(reason));
    CHECK_FALSE(hint(plan.reason).empty());
  };
  refused_for(absent(1), "no other pod");
  refused_for(silent(1), "mysql-1.mysql: no answer");
  refused_for(with(good(1), [](DonorInfo& i) { i.fit = false, i.reason = "it is 99 s behind"; }),
              "mysql-1.mysql: it is 99 s behind");
  refused_for(with(good(1), [](DonorInfo& i) { i.slots_free = 0; }), "slots");
  refused_for(with(good(1), [](DonorInfo& i) { i.server.minor = 6; }), "mariadb 10.6.19");
  refused_for(with(good(1), [](DonorInfo& i) { i.server.major = 11; }), "mariadb 11.11.19");
  refused_for(with(good(1), [](DonorInfo& i) { i.server.flavour = Flavour::mysql; }), "mysql 10.11.19");
  ClonePolicy no_tool = replica;
  no_tool.tool.reset();
  CHECK(plan_clone(empty_dir, survey({good(0)}), no_tool).action == CloneAction::wait);
  CHECK(plan_clone(empty_dir, survey({}), replica).action == CloneAction::wait);
}

TEST_CASE("an unfit donor does not stand in the way of a fit one") {
  const PeerFact busy = with(good(1), [](DonorInfo& i) { i.slots_free = 0; });
  CHECK(donors_of(plan_clone(empty_dir, survey({good(0), busy, silent(3)}), replica)) == Ordinals{0});
}

TEST_CASE(
    "row 10: an empty primary without any peer that may have data makes the first data, or leaves it to the image") {
  ClonePolicy policy = primary;
  for (const auto& peers : {survey({}), survey({absent(1), absent(2)}), survey({empty_peer(1), absent(2)}),
                            survey({empty_peer(1), empty_peer(2)})}) {
    policy.initialize = false;
    CHECK(plan_clone(empty_dir, peers, policy).action == CloneAction::leave_to_entrypoint);
    policy.initialize = true;
    CHECK(plan_clone(empty_dir, peers, policy).action == CloneAction::initialize);
  }
}

TEST_CASE("row 11: an empty primary whose peer has data does what --on-lost-primary says") {
  ClonePolicy policy = primary;
  // Without a source its replicas are not fit; that they have data is what counts.
  const PeerSurvey peers =
      survey({with(good(1), [](DonorInfo& i) { i.fit = false, i.reason = "no source"; }), absent(2)}, false);
  SECTION("recover, which is the default") {
    const ClonePlan plan = plan_clone(empty_dir, peers, policy);
    CHECK(plan.action == CloneAction::clone);
    CHECK(plan.recovery);
    CHECK(donors_of(plan) == Ordinals{1});
  }
  SECTION("recover goes before --initialize") {
    policy.initialize = true;
    CHECK(plan_clone(empty_dir, peers, policy).action == CloneAction::clone);
  }
  SECTION("recover, and a peer that is empty too does not count") {
    for (const PeerFact& other : {empty_peer(1), with(empty_peer(1), [](DonorInfo& i) { i.knows_of_data = true; })}) {
      const ClonePlan plan = plan_clone(empty_dir, survey({other, good(2)}), policy);
      CHECK(plan.action == CloneAction::clone);
      CHECK(donors_of(plan) == Ordinals{2});
    }
  }
  SECTION("recover, from a settled state that lost its files") {
    CHECK(plan_clone(dir_of(Content::empty, DataState::primary), peers, policy).action == CloneAction::clone);
  }
  SECTION("refuse") {
    policy.on_lost_primary = OnLostPrimary::refuse;
    const ClonePlan plan = plan_clone(empty_dir, peers, policy);
    CHECK(plan.action == CloneAction::refuse);
    CHECK_THAT(text(plan.reason), Catch::Contains("mysql-1 at 0-100-5"));
  }
  SECTION("initialize") {
    policy.on_lost_primary = OnLostPrimary::initialize;
    CHECK(plan_clone(empty_dir, peers, policy).action == CloneAction::leave_to_entrypoint);
    policy.initialize = true;
    CHECK(plan_clone(empty_dir, peers, policy).action == CloneAction::initialize);
  }
}

TEST_CASE("recovery waits until each peer has applied what it has received") {
  const PeerFact behind = with(good(1), [](DonorInfo& info) { info.unapplied = "0-100-53"; });
  for (const auto& peers : {survey({behind}), survey({behind, good(2, "0-100-60")})}) {
    const ClonePlan plan = plan_clone(empty_dir, peers, primary);
    CHECK(plan.action == CloneAction::wait);
    CHECK(text(plan.reason) == "a peer has not applied yet all that it has received: mysql-1: 0-100-53");
  }
  ClonePolicy policy = primary;
  policy.on_lost_primary = OnLostPrimary::refuse;
  CHECK(plan_clone(empty_dir, survey({behind}), policy).action == CloneAction::refuse);
  // For a replica such a donor is good: the replica gets the rest by replication.
  CHECK(plan_clone(empty_dir, survey({good(0), behind}), replica).action == CloneAction::clone);
}

TEST_CASE("recovery takes the peer that has most, and no lesser one") {
  const auto taken = [](std::vector<PeerFact> peers) {
    return donors_of(plan_clone(empty_dir, survey(std::move(peers)), primary));
  };
  CHECK(taken({good(1, "0-100-5"), good(2, "0-100-9"), good(3, "0-100-7")}) == Ordinals{2});
  CHECK(taken({good(1, "0-100-9"), good(2, "0-100-10")}) == Ordinals{2});
  CHECK(taken({good(1, ""), good(2, "0-100-1")}) == Ordinals{2});
  CHECK(taken({good(1, "0-100-5"), good(2, "0-100-5,1-101-1")}) == Ordinals{2});
  CHECK(taken({good(3, "0-100-5"), good(2, "0-100-5")}) == Ordinals{2});
}

namespace {

// A replica that wrote the last one of these transactions itself, and replicated the others.
PeerFact with_own(std::uint32_t ordinal, const std::string& own, const std::string& applied) {
  PeerFact fact = good(ordinal, own);
  fact.info.held = "diverged";
  fact.info.own = own;
  fact.info.applied = applied;
  return fact;
}

PeerFact on_hold(PeerFact fact, const std::string& kind = "purged") {
  fact.info.held = kind;
  return fact;
}

PeerFact mysql_with_own(std::uint32_t ordinal, const std::string& replicated, const std::string& uuid) {
  PeerFact fact = mysql_good(ordinal, by_stream, replicated + "," + uuid + ":1-3");
  fact.info.server_uuid = uuid;
  fact.info.held = "diverged";
  fact.info.own = uuid + ":1-3";
  return fact;
}

ClonePlan recovery_from(std::vector<PeerFact> peers) {
  const bool mysql = peers.front().info.server.flavour == Flavour::mysql;
  return plan_clone(empty_dir, survey(std::move(peers)), mysql ? mysql_policy(Role::primary, 0) : primary);
}

void check_refused(const ClonePlan& plan, CloneReason::Kind kind, const std::vector<std::string>& words) {
  CHECK(plan.action == CloneAction::refuse);
  CHECK(plan.donors.empty());
  CHECK(plan.reason.kind == kind);
  for (const std::string& word : words) CHECK_THAT(text(plan.reason), Catch::Contains(word));
  CHECK_FALSE(hint(plan.reason).empty());
  CHECK_THAT(hint(plan.reason), !Catch::Contains("delete"));
}

const std::string uuid_0 = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const std::string uuid_1 = "8a94f357-aab4-11df-86ab-c80aa9429562";

}  // namespace

TEST_CASE("recovery refuses where no pod with data is a candidate, and says why of each, with its GTIDs") {
  PeerFact filters = good(3, "0-100-7");
  filters.info.filters = "replicate_do_db=shop";
  const ClonePlan plan =
      recovery_from({with_own(1, "0-101-6", "0-100-5"), on_hold(good(2, "0-100-4"), "a kind to come"), filters});
  check_refused(plan, CloneReason::Kind::no_candidate,
                {"mysql-1 at 0-101-6, of which it replicated 0-100-5", "on hold (diverged)", "it wrote 0-101-6 itself",
                 "mysql-2 at 0-100-4", "on hold (a kind to come)", "mysql-3 at 0-100-7", "replicate_do_db=shop"});
  PeerFact own = good(1);
  own.info.own = "0-101-6";
  check_refused(recovery_from({own}), CloneReason::Kind::no_candidate, {"mysql-1"});
}

TEST_CASE("a pod that held for another set than that of the primary, which is lost now, is a candidate") {
  const PeerFact held = on_hold(good(1), hold_kind_name(HoldKind::other_set));
  CHECK(donors_of(recovery_from({held})) == Ordinals{1});
  CHECK(donors_of(recovery_from({held, with(good(2), [](DonorInfo& i) { i.position = "0-100-9"; })})) == Ordinals{2});
  for (const HoldKind kind : all_hold_kinds)
    if (kind != HoldKind::other_set)
      CHECK(recovery_from({on_hold(good(1), hold_kind_name(kind))}).action == CloneAction::refuse);
}

TEST_CASE("recovery does not wait for what a pod that is no candidate has received") {
  const auto received = [](DonorInfo& i) { i.unapplied = "0-100-5"; };
  const ClonePlan plan = recovery_from({with(on_hold(good(1, "0-100-4")), received), good(2)});
  CHECK(plan.action == CloneAction::clone);
  CHECK(donors_of(plan) == Ordinals{2});
  const ClonePlan none = recovery_from({with(on_hold(good(1, "0-100-4")), received)});
  CHECK(none.action == CloneAction::refuse);
}

TEST_CASE("recovery refuses where two candidates each have what the other lacks, and names both with their GTIDs") {
  const ClonePlan plan = recovery_from({good(1, "0-100-5,1-100-9"), good(2, "0-100-7,1-100-2"), good(3, "0-100-1")});
  check_refused(plan, CloneReason::Kind::peers_diverged,
                {"mysql-1 at 0-100-5,1-100-9", "mysql-2 at 0-100-7,1-100-2", "mysql-1 alone has 1-100-9",
                 "mysql-2 alone has 0-100-7"});
  check_refused(recovery_from({mysql_good(1, by_stream, uuid_0 + ":1-5"), mysql_good(2, by_stream, uuid_0 + ":1-3:6")}),
                CloneReason::Kind::peers_diverged,
                {"mysql-1 alone has " + uuid_0 + ":4-5", "mysql-2 alone has " + uuid_0 + ":6"});
  // One number with two servers is two transactions.
  check_refused(recovery_from({good(1, "0-100-5"), good(2, "0-101-5")}), CloneReason::Kind::peers_diverged, {});
  check_refused(recovery_from({good(1, "no position"), good(2, "0-100-5")}), CloneReason::Kind::peers_diverged, {});
}

TEST_CASE("recovery refuses where two candidates went on from a recovery of which one does not know") {
  const auto knows = [](PeerFact fact) {
    fact.info.recoveries = {{"a", "0-100-50"}};
    return fact;
  };
  check_refused(recovery_from({knows(good(1, "0-100-53")), good(2, "0-100-55")}), CloneReason::Kind::peers_diverged,
                {"mysql-1 at 0-100-53", "mysql-2 at 0-100-55"});
  check_refused(recovery_from({good(1, "0-100-53"), knows(good(2, "0-100-55"))}), CloneReason::Kind::peers_diverged,
                {});
  CHECK(donors_of(recovery_from({knows(good(1, "0-100-53")), good(2, "0-100-50")})) == Ordinals{1});
  CHECK(donors_of(recovery_from({knows(good(1, "0-100-50")), good(2, "0-100-55")})) == Ordinals{2});
  CHECK(donors_of(recovery_from({knows(good(1, "0-100-53")), knows(good(2, "0-100-55"))})) == Ordinals{2});
  // The lists are cut at their old ends.
  PeerFact longer = good(1, "0-100-55");
  longer.info.recoveries = {{"older", "0-100-20"}, {"a", "0-100-50"}};
  CHECK(donors_of(recovery_from({longer, knows(good(2, "0-100-56"))})) == Ordinals{2});
}

TEST_CASE("recovery takes a candidate that has less than a pod's own transactions, and names that pod") {
  for (const ClonePlan& plan :
       {recovery_from({with_own(1, "0-101-60", "0-100-50"), good(2, "0-100-50")}),
        recovery_from({with_own(1, "0-101-60", ""), good(2, "0-100-50")}),
        recovery_from({mysql_with_own(1, uuid_0 + ":1-5", uuid_1), mysql_good(2, by_stream, uuid_0 + ":1-5")})}) {
    CHECK(plan.action == CloneAction::clone);
    CHECK(plan.recovery);
    CHECK(donors_of(plan) == Ordinals{2});
    CHECK_THAT(text(plan.reason),
               Catch::Contains("not taken") && Catch::Contains("mysql-1") && Catch::Contains("on hold (diverged)"));
  }
  const ClonePlan less = recovery_from({on_hold(good(1, "0-100-40")), good(2, "0-100-50")});
  CHECK(donors_of(less) == Ordinals{2});
  CHECK_THAT(text(less.reason), !Catch::Contains("not taken"));
}

TEST_CASE("recovery refuses where a pod that is no candidate has replicated what the candidate lacks") {
  check_refused(recovery_from({with_own(1, "0-101-102", "0-100-100"), good(2, "0-100-50")}),
                CloneReason::Kind::recovery_loses,
                {"mysql-2 at 0-100-50", "mysql-1 at 0-101-102", "mysql-1 alone has 0-100-100"});
  check_refused(recovery_from({mysql_with_own(1, uuid_0 + ":1-9", uuid_1), mysql_good(2, by_stream, uuid_0 + ":1-5")}),
                CloneReason::Kind::recovery_loses, {"mysql-2", "mysql-1 alone has " + uuid_0 + ":6-9"});
  PeerFact received = with_own(1, "0-101-51", "0-100-50");
  received.info.unapplied = "0-100-60";
  check_refused(recovery_from({received, good(2, "0-100-50")}), CloneReason::Kind::recovery_loses, {"mysql-1"});
}

TEST_CASE("recovery does not ask how a pod that is no candidate would be cloned") {
  PeerFact old = on_hold(good(1, "0-100-4"));
  old.info.server.minor = 6;
  CHECK(donors_of(recovery_from({old, good(2)})) == Ordinals{2});
}

namespace {

DataDirFacts remains(DataState state) {
  DataDirFacts facts = dir_of(Content::incomplete, state);
  facts.only_remains = true;
  return facts;
}

}  // namespace

TEST_CASE("row 23: a replica whose data is lost but for some files refuses, and names the way to a new clone") {
  for (const DataState state : settled) {
    const ClonePlan plan = plan_clone(remains(state), std::nullopt, replica);
    check_refused(plan, CloneReason::Kind::remains_on_replica, {"the evidence"});
    CHECK_THAT(hint(plan.reason), Catch::Contains("mysql-agent reclone"));
  }
  DataDirFacts asked_for = remains(DataState::replicating);
  asked_for.request = RecloneRequest{"mysql-2", "2026-01-31T23:59:59Z", false};
  CHECK(plan_clone(asked_for, std::nullopt, replica).action == CloneAction::ask_peers);
  const ClonePlan cloned = plan_clone(asked_for, survey({good(0)}), replica);
  CHECK(cloned.action == CloneAction::clone);
  CHECK(cloned.beside_data);
  asked_for.copy.emplace().state = DataState::prepared;
  CHECK(plan_clone(asked_for, std::nullopt, replica).action == CloneAction::set_aside);
  asked_for.request.reset();
  CHECK(plan_clone(asked_for, std::nullopt, replica).action == CloneAction::restart);
}

TEST_CASE("row 24: a primary sets the remains of its data aside only where it is recovered, or a person begins anew") {
  ClonePolicy policy = primary;
  policy.initialize = GENERATE(false, true);
  for (const DataState state : settled) {
    const DataDirFacts facts = remains(state);
    CAPTURE(state_name(state));
    policy.on_lost_primary = OnLostPrimary::recover;
    CHECK(plan_clone(facts, std::nullopt, policy).action == CloneAction::ask_peers);
    CHECK(plan_clone(facts, survey({good(1)}), policy).action == CloneAction::set_remains_aside);
    CHECK(plan_clone(facts, survey({good(1), silent(2)}), policy).action == CloneAction::wait);
    CHECK(plan_clone(facts, survey({absent(1)}, false), policy).action == CloneAction::wait);
    check_refused(plan_clone(facts, survey({on_hold(good(1))}), policy), CloneReason::Kind::no_candidate, {"mysql-1"});
    for (const auto& nobody : {survey({absent(1)}), survey({empty_peer(1)})})
      check_refused(plan_clone(facts, nobody, policy), CloneReason::Kind::remains_alone, {"the evidence"});
    policy.on_lost_primary = OnLostPrimary::initialize;
    CHECK(plan_clone(facts, survey({absent(1)}), policy).action == CloneAction::set_remains_aside);
    policy.on_lost_primary = OnLostPrimary::refuse;
    for (const auto& peers : {std::optional<PeerSurvey>(), std::optional(survey({good(1)}))})
      check_refused(plan_clone(facts, peers, policy), CloneReason::Kind::remains_refused, {"the evidence"});
  }
}

TEST_CASE("recovery refuses peers of different sets, and a donor that does not know its set gets the others'") {
  const auto of_set = [](std::uint32_t ordinal, const std::string& id) {
    PeerFact peer = good(ordinal);
    peer.info.set_id = id;
    return peer;
  };
  const ClonePlan plan = plan_clone(empty_dir, survey({of_set(1, "a"), of_set(2, "b")}), primary);
  CHECK(plan.action == CloneAction::refuse);
  CHECK_THAT(text(plan.reason), Catch::Contains("different sets"));
  const ClonePlan of_one_set = plan_clone(empty_dir, survey({of_set(1, ""), of_set(2, "b")}), primary);
  CHECK(of_one_set.action == CloneAction::clone);
  CHECK(of_one_set.donors.front().ordinal == 1);
  CHECK(of_one_set.donors.front().info.set_id == "b");
}

TEST_CASE("recovery refuses where a peer with data cannot be cloned here") {
  const PeerFact other_series = with(good(2), [](DonorInfo& i) { i.server.minor = 6; });
  const ClonePlan plan = plan_clone(empty_dir, survey({good(1), other_series}), primary);
  CHECK(plan.action == CloneAction::refuse);
  CHECK_THAT(text(plan.reason), Catch::Contains("mysql-2: its server is mariadb 10.6.19"));
  ClonePolicy no_tool = primary;
  no_tool.tool.reset();
  CHECK(plan_clone(empty_dir, survey({good(1)}), no_tool).action == CloneAction::refuse);
}

namespace {

DataDirFacts knows(std::vector<SetEvidence> evidence) {
  DataDirFacts facts = empty_dir;
  facts.set_evidence = std::move(evidence);
  return facts;
}

DataDirFacts left(DataState state, Origin origin) {
  DataDirFacts facts = dir_of(Content::empty, state);
  facts.state->pod = "mysql-0";
  facts.state->origin = origin;
  facts.state->set_id = "a";
  return facts;
}

}  // namespace

TEST_CASE("row 22: an empty primary that knows of data of its set does not begin anew when no peer exists any more") {
  ClonePolicy policy = primary;
  policy.initialize = GENERATE(false, true);
  const CloneAction begins = policy.initialize ? CloneAction::initialize : CloneAction::leave_to_entrypoint;
  const PeerSurvey nobody = survey({absent(1), absent(2)});
  const auto waits = [&](const DataDirFacts& facts, const std::string& evidence) {
    const ClonePlan plan = plan_clone(facts, nobody, policy);
    CHECK(plan.action == CloneAction::wait);
    CHECK_THAT(text(plan.reason), Catch::Contains(evidence));
    CHECK_THAT(hint(plan.reason),
               Catch::Contains("--on-lost-primary=initialize") && Catch::Contains("set-evidence.json"));
  };
  SECTION("a peer that had data, whoever saw it") {
    waits(knows({{"mysql-1", true, "has data at 0-100-5"}}), "mysql-1 has data at 0-100-5");
    waits(knows({{"mysql-1", true, "has data at 0-100-5", "mysql-2"}}), "mysql-1 has data at 0-100-5, as mysql-2 saw");
    policy.on_lost_primary = OnLostPrimary::refuse;
    waits(knows({{"mysql-1", true, "has data at 0-100-5"}}), "mysql-1 has data at 0-100-5");
  }
  SECTION("a state whose files are gone, wherever they came from") {
    for (const DataState state : settled)
      for (const Origin origin : {Origin::clone, Origin::initialize, Origin::adopt})
        waits(left(state, origin), std::string("mysql-0 had data: the state on this volume is ") + state_name(state));
  }
  SECTION("it asks the peers first, and is recovered from them, or waits for them, as any other") {
    const DataDirFacts facts = knows({{"mysql-1", true, "has data at 0-100-5"}});
    CHECK(plan_clone(facts, std::nullopt, policy).action == CloneAction::ask_peers);
    CHECK(plan_clone(facts, survey({good(1)}), policy).action == CloneAction::clone);
    CHECK(plan_clone(facts, survey({good(1), silent(2)}), policy).action == CloneAction::wait);
    CHECK(plan_clone(facts, survey({absent(1)}, false), policy).action == CloneAction::wait);
  }
  SECTION("unless a person says so") {
    policy.on_lost_primary = OnLostPrimary::initialize;
    for (const DataDirFacts& facts :
         {knows({{"mysql-1", true, "has data at 0-100-5"}}), left(DataState::primary, Origin::initialize)}) {
      const ClonePlan plan = plan_clone(facts, nobody, policy);
      CHECK(plan.action == begins);
      CHECK_THAT(text(plan.reason), Catch::Contains("--on-lost-primary=initialize is set"));
    }
  }
  SECTION("a first initialisation that was cut short is no evidence: a new set comes up") {
    for (const DataState state : {DataState::cloning, DataState::prepared})
      CHECK(known_evidence(left(state, Origin::initialize)).empty());
    CHECK(plan_clone(empty_dir, nobody, policy).action == begins);
  }
  SECTION("what 0.1.0 wrote down of silence and of hearsay is none: a new set comes up") {
    const DataDirFacts facts = knows({{"mysql-2", false, "exists, and did not say what it has: no answer"},
                                      {"mysql-1", true, "is empty, and knows of data of its set"}});
    CHECK(plan_clone(facts, nobody, policy).action == begins);
    CHECK(plan_clone(facts, survey({empty_peer(1), empty_peer(2)}), policy).action == begins);
  }
  SECTION("what an empty peer saw counts at once, with the name of the pod that had data") {
    const PeerSurvey peers = survey({empty_peer(1), with(empty_peer(2), [](DonorInfo& i) {
                                       i.knows_of_data = true;
                                       i.known_data = {{"mysql-1", "has data at 0-100-5"}};
                                     })});
    const ClonePlan plan = plan_clone(empty_dir, peers, policy);
    CHECK(plan.action == CloneAction::wait);
    CHECK(plan.reason.kind == CloneReason::Kind::set_had_data);
    CHECK_THAT(text(plan.reason), Catch::Contains("mysql-1 has data at 0-100-5, as mysql-2 saw"));
    policy.on_lost_primary = OnLostPrimary::initialize;
    CHECK(plan_clone(empty_dir, peers, policy).action == begins);
  }
  SECTION("a replica clones whatever it knows") {
    CHECK(plan_clone(knows({{"mysql-1", true, "has data at 0-100-5"}}), survey({good(0)}), replica).action ==
          CloneAction::clone);
  }
}

TEST_CASE("the state of an unfinished clone is evidence that outlives it") {
  for (const DataState state : {DataState::cloning, DataState::cloned, DataState::prepared}) {
    DataDirFacts facts = left(state, Origin::clone);
    facts.state->donor = "mysql-1";
    CHECK(known_evidence(facts) == std::vector<SetEvidence>{{"mysql-0", true,
                                                             std::string("had data: the state on this volume is ") +
                                                                 state_name(state) + ", cloned from mysql-1"}});
  }
  CHECK(known_evidence(left(DataState::discarding, Origin::initialize)).size() == 1);
  CHECK(known_evidence(empty_dir).empty());
}

TEST_CASE("a round of asking the peers adds to the evidence, and takes away only what turned out to be none") {
  const auto after = [](std::vector<SetEvidence> known, std::vector<PeerFact> peers) {
    return evidence_after(std::move(known), survey(std::move(peers)));
  };
  using Evidence = std::vector<SetEvidence>;
  const auto exists = [](PeerFact fact) {
    fact.exists = true;
    return fact;
  };
  const Evidence data{{"mysql-1", true, "has data at 0-100-5"}};
  // Another pod of a new set, which waits for its clone: it answers, and has nothing.
  const PeerFact fresh = empty_peer(1);
  // A sidecar that has not looked yet, or whose server is down.
  const PeerFact vague = with(fresh, [](DonorInfo& i) { i.empty = false, i.reason = "its server does not answer"; });
  const PeerFact told = with(empty_peer(2), [](DonorInfo& i) {
    i.knows_of_data = true;
    i.known_data = {{"mysql-1", "has data at 0-100-4"}};
  });
  const Evidence told_data{{"mysql-1", true, "has data at 0-100-4", "mysql-2"}};
  SECTION("a new set has none, whoever is silent, and neither has one whose DNS is out of order") {
    CHECK(after({}, {absent(1), absent(2)}).empty());
    CHECK(after({}, {silent(1)}).empty());
    CHECK(after({}, {exists(silent(1))}).empty());
    CHECK(after({}, {vague}).empty());
    CHECK(after({}, {fresh}).empty());
  }
  SECTION("a pod with data is evidence") {
    CHECK(after({}, {good(1)}) == data);
    CHECK(after({}, {exists(silent(1)), with(good(2), [](DonorInfo& i) { i.position.clear(); })}) ==
          Evidence{{"mysql-2", true, "has data at no GTID"}});
  }
  SECTION("one whose server is down knows of its data, by whatever it says") {
    CHECK(after({}, {with(vague, [](DonorInfo& i) { i.set_id = "a"; })}) ==
          Evidence{{"mysql-1", true, "cannot give its data: its server does not answer"}});
    CHECK(after({}, {with(vague, [](DonorInfo& i) { i.bytes = 1; })}).front().data);
    CHECK(after({}, {with(vague, [](DonorInfo& i) { i.position = "0-100-5"; })}).front().data);
    CHECK(after(data, {vague}) == data);
  }
  SECTION("one that is empty and saw data tells it with the pod's name, and it is not told on") {
    CHECK(after({}, {told}) == told_data);
    CHECK(told_evidence(told_data).empty());
    CHECK(told_evidence(data) == std::vector<KnownData>{{"mysql-1", "has data at 0-100-5"}});
    CHECK(after(told_data, {good(1)}) == data);
    CHECK(after(data, {told}) == data);
  }
  SECTION("one that has only heard of data says nothing") {
    const PeerFact heard = with(fresh, [](DonorInfo& i) { i.knows_of_data = true; });
    CHECK(after({}, {heard}).empty());
    CHECK(knows_from_hearsay(heard.info));
    CHECK_FALSE(knows_from_hearsay(told.info));
  }
  SECTION("what is gone stays evidence, and so does what a lesser answer follows") {
    CHECK(after(data, {absent(1)}) == data);
    CHECK(after(data, {exists(silent(1))}) == data);
    CHECK(after(data, {fresh}) == data);
  }
  CHECK(evidence_text({data.front(), {"mysql-0", true, "had data"}}) ==
        "mysql-1 has data at 0-100-5; mysql-0 had data");
}

TEST_CASE("row 12: a pod that went away before it said what it has is waited for, for as long as clone-mysql runs") {
  std::vector<PeerFact> unheard;
  const auto round = [&](std::vector<PeerFact> peers) {
    PeerSurvey out = survey(std::move(peers));
    note_unheard(unheard, out);
    return out;
  };
  const auto exists = [](PeerFact fact) {
    fact.exists = true;
    return fact;
  };
  ClonePolicy policy = primary;
  CHECK(round({absent(1), exists(silent(2))}).gone.empty());
  const PeerSurvey gone = round({absent(1), absent(2)});
  REQUIRE(gone.gone.size() == 1);
  const ClonePlan plan = plan_clone(empty_dir, gone, policy);
  CHECK(plan.action == CloneAction::wait);
  CHECK(plan.reason.kind == CloneReason::Kind::peers_gone);
  CHECK_THAT(text(plan.reason), Catch::Contains("before it said what it has: mysql-2"));
  CHECK_FALSE(hint(plan.reason).empty());
  SECTION("until it says that it is empty") {
    CHECK(round({absent(1), empty_peer(2)}).gone.empty());
    CHECK(round({absent(1), absent(2)}).gone.empty());
  }
  SECTION("a name that DNS gave no sure answer for is no pod") {
    unheard.clear();
    round({silent(1)});
    CHECK(round({absent(1)}).gone.empty());
  }
  SECTION("unless a person says so") {
    policy.on_lost_primary = OnLostPrimary::initialize;
    CHECK(plan_clone(empty_dir, gone, policy).action == CloneAction::leave_to_entrypoint);
  }
}

TEST_CASE("row 12: an older agent that has heard of data, and does not say whose, is asked again") {
  ClonePolicy policy = primary;
  const PeerSurvey peers = survey({empty_peer(1), with(empty_peer(2), [](DonorInfo& i) { i.knows_of_data = true; })});
  const ClonePlan plan = plan_clone(empty_dir, peers, policy);
  CHECK(plan.action == CloneAction::wait);
  CHECK(plan.reason.kind == CloneReason::Kind::peers_silent);
  CHECK_THAT(text(plan.reason), Catch::Contains("mysql-2") && Catch::Contains("its mysql-agent is older"));
  policy.on_lost_primary = OnLostPrimary::initialize;
  CHECK(plan_clone(empty_dir, peers, policy).action == CloneAction::leave_to_entrypoint);
}

TEST_CASE("row 12: an empty primary waits where it cannot be sure, whatever it was told to do then") {
  ClonePolicy policy = primary;
  policy.initialize = GENERATE(false, true);
  policy.on_lost_primary = GENERATE(OnLostPrimary::recover, OnLostPrimary::refuse, OnLostPrimary::initialize);
  const auto waits = [&](const PeerSurvey& peers) {
    const ClonePlan plan = plan_clone(empty_dir, peers, policy);
    CHECK(plan.action == CloneAction::wait);
    CHECK_FALSE(hint(plan.reason).empty());
  };
  waits(survey({absent(1), absent(2)}, false));
  waits(survey({}, false));
  waits(survey({silent(1)}));
  waits(survey({absent(1), silent(2), absent(3)}));
  // The silent peer may have more than the peer that answers.
  waits(survey({good(1), silent(2)}));
  waits(survey({with(good(1), [](DonorInfo& i) { i.has_data = false; })}));
  waits(survey({good(1), with(good(2), [](DonorInfo& i) { i.has_data = false; })}));
  waits(survey({empty_peer(1), silent(2)}));
  waits(survey({empty_peer(1), with(good(2), [](DonorInfo& i) { i.has_data = false; })}));
  waits(survey({empty_peer(1)}, false));
}

TEST_CASE("the donor says how it is cloned, and --engine here may not agree") {
  struct Choice {
    EngineChoice here;
    const std::vector<std::string>& offered;
    std::optional<Engine> taken = std::nullopt;
    const char* why_not = "";
  };
  const Choice choices[] = {
      {.here = EngineChoice::automatic, .offered = by_stream, .taken = Engine::xtrabackup},
      {.here = EngineChoice::automatic, .offered = by_plugin, .taken = Engine::clone_plugin},
      {.here = EngineChoice::automatic, .offered = by_either, .taken = Engine::xtrabackup},
      {.here = EngineChoice::xtrabackup, .offered = by_either, .taken = Engine::xtrabackup},
      {.here = EngineChoice::clone_plugin, .offered = by_either, .taken = Engine::clone_plugin},
      {.here = EngineChoice::xtrabackup, .offered = by_stream, .taken = Engine::xtrabackup},
      {.here = EngineChoice::xtrabackup,
       .offered = by_plugin,
       .why_not = "--engine xtrabackup is set here, and it is cloned by MySQL's clone plugin"},
      {.here = EngineChoice::clone_plugin,
       .offered = by_stream,
       .why_not = "--engine clone-plugin is set here, and it is cloned by a backup tool's stream"},
      {.here = EngineChoice::clone_plugin, .offered = by_plugin, .taken = Engine::clone_plugin},
  };
  for (const Choice& choice : choices) {
    INFO(static_cast<int>(choice.here) << " here, " << choice.offered.front() << " there");
    ClonePolicy policy = mysql_policy(Role::replica, 2);
    policy.engine = choice.here;
    const ClonePlan cloned = plan_clone(empty_dir, survey({mysql_good(1, choice.offered)}), policy);
    policy.role = Role::primary;
    const ClonePlan recovered = plan_clone(empty_dir, survey({mysql_good(1, choice.offered)}), policy);
    if (choice.taken) {
      for (const ClonePlan& plan : {cloned, recovered}) {
        CHECK(plan.action == CloneAction::clone);
        REQUIRE(plan.donors.size() == 1);
        CHECK(plan.donors.front().engine == *choice.taken);
      }
    } else {
      CHECK(cloned.action == CloneAction::wait);
      CHECK(text(cloned.reason) == std::string("no fit donor: mysql-1.mysql: ") + choice.why_not);
      CHECK(recovered.action == CloneAction::refuse);
      CHECK_THAT(text(recovered.reason),
                 Catch::EndsWith(std::string("not all of them can be cloned here: mysql-1: ") + choice.why_not));
    }
  }
}

TEST_CASE("each donor is cloned in its own way") {
  const ClonePlan plan =
      plan_clone(empty_dir, survey({mysql_good(0, by_stream), mysql_good(1, by_plugin), mysql_good(3, by_stream)}),
                 mysql_policy(Role::replica, 2));
  REQUIRE(donors_of(plan) == Ordinals{1, 3, 0});
  CHECK(plan.donors[0].engine == Engine::clone_plugin);
  CHECK(plan.donors[1].engine == Engine::xtrabackup);
  CHECK(plan.donors[2].engine == Engine::xtrabackup);
}

TEST_CASE("a donor that offers both ways is cloned by the one that is possible here") {
  const auto cloned_by = [](void (*change)(ClonePolicy&)) {
    ClonePolicy policy = mysql_policy(Role::replica, 2);
    change(policy);
    const ClonePlan plan = plan_clone(empty_dir, survey({mysql_good(1, by_either)}), policy);
    REQUIRE(plan.donors.size() == 1);
    return plan.donors.front().engine;
  };
  CHECK(cloned_by([](ClonePolicy& p) { p.tool.reset(); }) == Engine::clone_plugin);
  CHECK(cloned_by([](ClonePolicy& p) { p.tool->version.minor = 0; }) == Engine::clone_plugin);
  CHECK(cloned_by([](ClonePolicy& p) { p.clone_password = false; }) == Engine::xtrabackup);
  CHECK(cloned_by([](ClonePolicy& p) { p.server.reset(); }) == Engine::xtrabackup);
}

TEST_CASE("row 19: a donor that the plugin cannot clone here does not cost the data, allowed to be removed or not") {
  for (const bool discard : {false, true}) {
    DataDirFacts facts = dir_of(Content::complete, DataState::replicating);
    facts.request.emplace();
    facts.request->asked = "2026-01-31T23:59:59Z";
    facts.request->discard = discard;
    const PeerFact other = with(mysql_good(1, by_plugin), [](DonorInfo& i) { i.server = {Flavour::mysql, 8, 0, 40}; });
    const ClonePlan plan = plan_clone(facts, survey({other}), mysql_policy(Role::replica, 2));
    CHECK(plan.action == CloneAction::wait);
    CHECK_THAT(text(plan.reason),
               Catch::Contains("the clone plugin needs the same series: the donor's server is mysql 8.0.40"));
    CHECK_THAT(hint(plan.reason), Catch::Contains("the data is as it was"));
  }
}

TEST_CASE("what is missing here for the donor's way is said") {
  const auto why_not = [](const std::vector<std::string>& offered, void (*change)(ClonePolicy&)) {
    ClonePolicy policy = mysql_policy(Role::replica, 2);
    change(policy);
    const ClonePlan waiting = plan_clone(empty_dir, survey({mysql_good(1, offered)}), policy);
    CHECK(waiting.action == CloneAction::wait);
    policy.role = Role::primary;
    const ClonePlan refused = plan_clone(empty_dir, survey({mysql_good(1, offered)}), policy);
    CHECK(refused.action == CloneAction::refuse);
    const std::string begin = "no fit donor: mysql-1.mysql: ";
    REQUIRE_THAT(text(waiting.reason), Catch::StartsWith(begin));
    const std::string why = text(waiting.reason).substr(begin.size());
    CHECK_THAT(text(refused.reason), Catch::EndsWith(": mysql-1: " + why));
    return why;
  };
  const std::string or_the_plugin =
      "; with --clone-password-file for its sidecar it could be cloned by MySQL's clone plugin too";
  CHECK(why_not(by_stream, [](ClonePolicy& p) { p.tool.reset(); }) ==
        "it is cloned by a backup tool's stream, and no backup tool is in PATH here" + or_the_plugin);
  CHECK(why_not(by_stream, [](ClonePolicy& p) { p.tool->version.minor = 0; }) ==
        "its server is mysql 8.4.3, and the tool here is for mysql 8.0 up to 8.0.0" + or_the_plugin);
  // The plugin is no way out where --engine excludes it, or where another obstacle to it is named.
  CHECK(why_not(by_stream, [](ClonePolicy& p) { p.tool.reset(), p.engine = EngineChoice::xtrabackup; }) ==
        "it is cloned by a backup tool's stream, and no backup tool is in PATH here");
  CHECK(why_not(by_either, [](ClonePolicy& p) { p.tool.reset(), p.server.reset(); }) ==
        "it is cloned by a backup tool's stream, and no backup tool is in PATH here; and it is cloned by MySQL's clone "
        "plugin, and no mysqld is in PATH here");
  CHECK(why_not(by_plugin, [](ClonePolicy& p) { p.server.reset(); }) ==
        "it is cloned by MySQL's clone plugin, and no mysqld is in PATH here");
  CHECK(why_not(by_plugin, [](ClonePolicy& p) { p.clone_password = false; }) ==
        "it is cloned by MySQL's clone plugin, and there is no --clone-password-file here");
  CHECK(why_not(by_plugin, [](ClonePolicy& p) { p.server = parse_server_version("8.0.40"); }) ==
        "the clone plugin needs the same series: the donor's server is mysql 8.4.3, and the one here is mysql 8.0.40");
  CHECK(why_not(by_plugin, [](ClonePolicy& p) { p.server = parse_server_version("10.11.19-MariaDB"); }) ==
        "the clone plugin is MySQL's, from 8.0.17 on: the donor's server is mysql 8.4.3, and the one here is mariadb "
        "10.11.19");
}

TEST_CASE("each engine asks for its own things alone") {
  ClonePolicy no_plugin = mysql_policy(Role::replica, 2);
  no_plugin.server.reset();
  no_plugin.clone_password = false;
  CHECK(plan_clone(empty_dir, survey({mysql_good(1, by_stream)}), no_plugin).action == CloneAction::clone);
  ClonePolicy no_tool = mysql_policy(Role::replica, 2);
  no_tool.tool.reset();
  CHECK(plan_clone(empty_dir, survey({mysql_good(1, by_plugin)}), no_tool).action == CloneAction::clone);
  no_plugin.role = no_tool.role = Role::primary;
  CHECK(plan_clone(empty_dir, survey({mysql_good(1, by_stream)}), no_plugin).action == CloneAction::clone);
  CHECK(plan_clone(empty_dir, survey({mysql_good(1, by_plugin)}), no_tool).action == CloneAction::clone);
}

TEST_CASE("a donor that offers nothing, or nothing that is known here, is no donor") {
  for (const std::vector<std::string>& engines : {std::vector<std::string>{}, {"rsync"}}) {
    const ClonePlan waiting = plan_clone(empty_dir, survey({mysql_good(1, engines)}), mysql_policy(Role::replica, 2));
    CHECK(waiting.action == CloneAction::wait);
    CHECK(text(waiting.reason) ==
          "no fit donor: mysql-1.mysql: it offers neither a backup tool's stream nor MySQL's clone plugin");
    const PeerFact unfit =
        with(mysql_good(1, engines), [](DonorInfo& i) { i.fit = false, i.reason = "the plugin is not installed"; });
    CHECK(text(plan_clone(empty_dir, survey({unfit}), mysql_policy(Role::replica, 2)).reason) ==
          "no fit donor: mysql-1.mysql: the plugin is not installed");
    const ClonePlan refused = plan_clone(empty_dir, survey({unfit}), mysql_policy(Role::primary, 0));
    CHECK(refused.action == CloneAction::refuse);
    CHECK_THAT(
        text(refused.reason),
        Catch::EndsWith(
            "mysql-1: it offers neither a backup tool's stream nor MySQL's clone plugin: the plugin is not installed"));
  }
}

TEST_CASE(
    "a replica is cloned by the plugin from the long-term series before its own, and a primary is not recovered so") {
  ClonePolicy policy = mysql_policy(Role::replica, 2);
  policy.server = parse_server_version("28.4.0");
  const auto older = [](const std::vector<std::string>& engines) {
    return with(mysql_good(1, engines), [](DonorInfo& i) { i.server = {Flavour::mysql, 9, 7, 4}; });
  };
  CHECK(donors_of(plan_clone(empty_dir, survey({older(by_plugin)}), policy)) == Ordinals{1});
  policy.role = Role::primary;
  const ClonePlan refused = plan_clone(empty_dir, survey({older(by_plugin)}), policy);
  CHECK(refused.action == CloneAction::refuse);
  CHECK_THAT(text(refused.reason),
             Catch::EndsWith("mysql-1: its server is mysql 9.7.4, and the one here is mysql 28.4.0"));
  // Another patch of the same series is no other series.
  policy.server = parse_server_version("9.7.0");
  CHECK(plan_clone(empty_dir, survey({older(by_plugin)}), policy).action == CloneAction::clone);
  // By the stream the backup tool's series decides, and mysqld in PATH does not count.
  policy.server = parse_server_version("28.4.0");
  policy.tool->version = {Flavour::mysql, 9, 7, 0};
  CHECK(plan_clone(empty_dir, survey({older(by_stream)}), policy).action == CloneAction::clone);
}

TEST_CASE("recovery names each peer that cannot be cloned, and leaves none of them out") {
  ClonePolicy policy = mysql_policy(Role::primary, 0);
  policy.clone_password = false;
  const ClonePlan plan =
      plan_clone(empty_dir, survey({mysql_good(1, by_stream), mysql_good(2, by_plugin), mysql_good(3, {})}), policy);
  CHECK(plan.action == CloneAction::refuse);
  CHECK(plan.donors.empty());
  CHECK_THAT(
      text(plan.reason),
      Catch::EndsWith(": mysql-2: it is cloned by MySQL's clone plugin, and there is no --clone-password-file here;"
                      " mysql-3: it offers neither a backup tool's stream nor MySQL's clone plugin"));
}

TEST_CASE("recovery takes the peer of MySQL that has most") {
  const auto of = [](const std::string& intervals) { return "3e11fa47-71ca-11e1-9e33-c80aa9429562:" + intervals; };
  const auto taken = [](const std::vector<std::string>& positions) {
    std::vector<PeerFact> peers;
    for (const std::string& position : positions)
      peers.push_back(mysql_good(static_cast<std::uint32_t>(peers.size() + 1), by_plugin, position));
    const Ordinals donors = donors_of(plan_clone(empty_dir, survey(std::move(peers)), mysql_policy(Role::primary, 0)));
    REQUIRE(donors.size() == 1);
    return donors.front();
  };
  CHECK(taken({of("1-5"), of("1-9"), of("1-7")}) == 2);
  CHECK(taken({of("1-9"), of("1-10")}) == 2);
  CHECK(taken({"", of("1")}) == 2);
  CHECK(taken({of("1-5"), of("1-5") + ",8a94f357-aab4-11df-86ab-c80aa9429562:1"}) == 2);
  CHECK(taken({of("1-5"), of("1-5:tag:1")}) == 2);
  CHECK(taken({of("1-5"), of("1-5")}) == 1);
}
