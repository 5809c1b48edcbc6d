#include "agent/clone_plan.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;

namespace {

const ServerVersion mariadb{Flavour::mariadb, 10, 11, 19};
constexpr DataState settled[] = {DataState::published, DataState::replicating, DataState::primary, DataState::adopted};

DataDirFacts dir_of(Content content, std::optional<DataState> state = std::nullopt) {
  DataDirFacts facts;
  facts.content = content;
  facts.evidence = "the evidence";
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
  fact.host = "mysql-" + std::to_string(ordinal) + ".mysql";
  fact.kind = kind;
  fact.error = "no answer";
  return fact;
}

PeerFact absent(std::uint32_t ordinal) { return peer(ordinal, PeerFact::Kind::absent); }
PeerFact silent(std::uint32_t ordinal) { return peer(ordinal, PeerFact::Kind::silent); }

// One that answers, has data, is fit, and has a free slot.
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

PeerSurvey survey(std::vector<PeerFact> peers, bool own_name_resolves = true) { return {own_name_resolves, std::move(peers)}; }

std::vector<std::uint32_t> donors_of(const ClonePlan& plan) {
  std::vector<std::uint32_t> out;
  for (const PeerFact& donor : plan.donors) out.push_back(donor.ordinal);
  return out;
}

using Ordinals = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("clone-mysql decides by its table") {
  const ClonePolicy& any = GENERATE(0, 1) == 0 ? primary : replica;
  CAPTURE(role_name(any.role));
  // The peers have everything that could tempt: rows 1 to 7 do not look at them.
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
        CHECK_THAT(plan.reason, Catch::Contains(state_name(state)));
        CHECK_FALSE(plan.hint.empty());
      }
  }
  SECTION("row 6: complete data without a state is adopted") {
    CHECK(plan_clone(dir_of(Content::complete), peers, any).action == CloneAction::adopt);
  }
  SECTION("row 7: incomplete data without a state is refused, with the evidence and a way out") {
    const ClonePlan plan = plan_clone(dir_of(Content::incomplete), peers, any);
    CHECK(plan.action == CloneAction::refuse);
    CHECK_THAT(plan.reason, Catch::Contains("the evidence"));
    CHECK_FALSE(plan.hint.empty());
  }
  SECTION("an empty directory asks the peers, also where its state says that it had data") {
    CHECK(plan_clone(empty_dir, std::nullopt, any).action == CloneAction::ask_peers);
    for (const DataState state : settled) CHECK(plan_clone(dir_of(Content::empty, state), std::nullopt, any).action == CloneAction::ask_peers);
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
        CHECK(plan.beside);
      }
      facts.copy.reset();
      CHECK(plan_clone(facts, peers, replica).action == CloneAction::keep);
    }
  }
  SECTION("row 14: the primary's data is never replaced") {
    for (const auto& facts : {asked(), asked(DataState::prepared), asked(std::nullopt, true)}) {
      const ClonePlan plan = plan_clone(facts, peers, primary);
      CHECK(plan.action == CloneAction::refuse);
      CHECK_THAT(plan.hint, Catch::Contains("reclone --cancel"));
    }
  }
  SECTION("row 15: an unfinished copy is thrown away, not the data") {
    const ClonePlan plan = plan_clone(asked(DataState::cloning), peers, replica);
    CHECK(plan.action == CloneAction::restart);
    CHECK(plan.beside);
  }
  SECTION("row 16: a complete stream is prepared beside the data") {
    const ClonePlan plan = plan_clone(asked(DataState::cloned), peers, replica);
    CHECK(plan.action == CloneAction::prepare);
    CHECK(plan.beside);
  }
  SECTION("row 17: only a prepared copy replaces the data") {
    CHECK(plan_clone(asked(DataState::prepared), std::nullopt, replica).action == CloneAction::set_aside);
    CHECK(plan_clone(asked(DataState::prepared, true), std::nullopt, replica).action == CloneAction::set_aside);
  }
  SECTION("row 18: a fit donor is cloned beside the data, or the data goes first where the request says so") {
    CHECK(plan_clone(asked(), std::nullopt, replica).action == CloneAction::ask_peers);
    const ClonePlan plan = plan_clone(asked(), peers, replica);
    CHECK(plan.action == CloneAction::clone);
    CHECK(plan.beside);
    CHECK(donors_of(plan) == Ordinals{1, 3, 0});
    CHECK_FALSE(plan_clone(empty_dir, peers, replica).beside);
    const ClonePlan discard = plan_clone(asked(std::nullopt, true), peers, replica);
    CHECK(discard.action == CloneAction::discard);
    CHECK(donors_of(discard) == Ordinals{1, 3, 0});
  }
  SECTION("row 19: without a fit donor nothing happens to the data, allowed to be removed or not") {
    for (const bool discard : {false, true})
      for (const auto& none : {survey({}), survey({absent(0), silent(1)}), survey({with(good(0), [](DonorInfo& i) { i.fit = false; })})}) {
        const ClonePlan plan = plan_clone(asked(std::nullopt, discard), none, replica);
        CHECK(plan.action == CloneAction::wait);
        CHECK_THAT(plan.reason, Catch::Contains("2026-01-31T23:59:59Z") && Catch::Contains("no fit donor"));
        CHECK_THAT(plan.hint, Catch::Contains("reclone --cancel"));
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
    CHECK_FALSE(plan.beside);
  }
}

TEST_CASE("row 8: an empty replica clones from fit donors") {
  CHECK(plan_clone(empty_dir, survey({good(0)}), replica).action == CloneAction::clone);
  CHECK(plan_clone(dir_of(Content::empty, DataState::replicating), survey({good(0)}), replica).action == CloneAction::clone);
  const ClonePlan plan = plan_clone(empty_dir, survey({good(0), good(1), absent(3)}, false), replica);
  CHECK(plan.action == CloneAction::clone);
  CHECK_FALSE(plan.recovery);
}

TEST_CASE("replicas below go first from N-1 down, then those above, and the primary last") {
  const ClonePolicy third = policy_of(Role::replica, 3);
  CHECK(donors_of(plan_clone(empty_dir, survey({good(0), good(1), good(2), good(4), good(5)}), third)) == Ordinals{2, 1, 4, 5, 0});
  CHECK(donors_of(plan_clone(empty_dir, survey({good(5), good(4), good(2), good(1), good(0)}), third)) == Ordinals{2, 1, 4, 5, 0});
  CHECK(donors_of(plan_clone(empty_dir, survey({good(0)}), third)) == Ordinals{0});
}

TEST_CASE("row 9: an empty replica waits where none is fit, and says why for each") {
  const auto refused_for = [](const PeerFact& fact, const std::string& reason) {
    const ClonePlan plan = plan_clone(empty_dir, survey({absent(0), fact}), replica);
    CHECK(plan.action == CloneAction::wait);
    CHECK(plan.donors.empty());
    CHECK_THAT(plan.reason, Catch::Contains(reason));
    CHECK_FALSE(plan.hint.empty());
  };
  refused_for(absent(1), "no other pod");
  refused_for(silent(1), "mysql-1.mysql: no answer");
  refused_for(with(good(1), [](DonorInfo& i) { i.fit = false, i.reason = "it is 99 s behind"; }), "mysql-1.mysql: it is 99 s behind");
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

TEST_CASE("row 10: an empty primary without any peer makes the first data, or leaves it to the image") {
  ClonePolicy policy = primary;
  for (const auto& peers : {survey({}), survey({absent(1), absent(2)})}) {
    policy.initialize = false;
    CHECK(plan_clone(empty_dir, peers, policy).action == CloneAction::leave_to_entrypoint);
    policy.initialize = true;
    CHECK(plan_clone(empty_dir, peers, policy).action == CloneAction::initialize);
    CHECK(plan_clone(dir_of(Content::empty, DataState::primary), peers, policy).action == CloneAction::initialize);
  }
}

TEST_CASE("row 11: an empty primary whose peer has data does what --on-lost-primary says") {
  ClonePolicy policy = primary;
  // Without a source its replicas are not fit; that they have data is what counts.
  const PeerSurvey peers = survey({with(good(1), [](DonorInfo& i) { i.fit = false, i.reason = "no source"; }), absent(2)}, false);
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
  SECTION("recover, from a settled state that lost its files") {
    CHECK(plan_clone(dir_of(Content::empty, DataState::primary), peers, policy).action == CloneAction::clone);
  }
  SECTION("refuse") {
    policy.on_lost_primary = OnLostPrimary::refuse;
    const ClonePlan plan = plan_clone(empty_dir, peers, policy);
    CHECK(plan.action == CloneAction::refuse);
    CHECK_THAT(plan.reason, Catch::Contains("mysql-1 at 0-100-5"));
  }
  SECTION("initialize") {
    policy.on_lost_primary = OnLostPrimary::initialize;
    CHECK(plan_clone(empty_dir, peers, policy).action == CloneAction::leave_to_entrypoint);
    policy.initialize = true;
    CHECK(plan_clone(empty_dir, peers, policy).action == CloneAction::initialize);
  }
}

TEST_CASE("recovery takes the peer that has most, and no lesser one") {
  const auto taken = [](std::vector<PeerFact> peers) { return donors_of(plan_clone(empty_dir, survey(std::move(peers)), primary)); };
  CHECK(taken({good(1, "0-100-5"), good(2, "0-100-9"), good(3, "0-100-7")}) == Ordinals{2});
  CHECK(taken({good(1, "0-100-9"), good(2, "0-100-10")}) == Ordinals{2});
  CHECK(taken({good(1, ""), good(2, "0-100-1")}) == Ordinals{2});
  CHECK(taken({good(1, "0-100-5"), good(2, "0-100-5,1-101-1")}) == Ordinals{2});
  CHECK(taken({good(3, "0-100-5"), good(2, "0-100-5")}) == Ordinals{2});
  CHECK(taken({good(1, "no position"), good(2, "0-100-5")}).size() == 1);
}

TEST_CASE("recovery refuses where a peer with data cannot be cloned here") {
  const PeerFact other_series = with(good(2), [](DonorInfo& i) { i.server.minor = 6; });
  const ClonePlan plan = plan_clone(empty_dir, survey({good(1), other_series}), primary);
  CHECK(plan.action == CloneAction::refuse);
  CHECK_THAT(plan.reason, Catch::Contains("mysql-2: its server is mariadb 10.6.19"));
  ClonePolicy no_tool = primary;
  no_tool.tool.reset();
  CHECK(plan_clone(empty_dir, survey({good(1)}), no_tool).action == CloneAction::refuse);
}

TEST_CASE("row 12: an empty primary waits where it cannot be sure, whatever it was told to do then") {
  ClonePolicy policy = primary;
  policy.initialize = GENERATE(false, true);
  policy.on_lost_primary = GENERATE(OnLostPrimary::recover, OnLostPrimary::refuse, OnLostPrimary::initialize);
  const auto waits = [&](const PeerSurvey& peers) {
    const ClonePlan plan = plan_clone(empty_dir, peers, policy);
    CHECK(plan.action == CloneAction::wait);
    CHECK_FALSE(plan.hint.empty());
  };
  waits(survey({absent(1), absent(2)}, false));
  waits(survey({}, false));
  waits(survey({silent(1)}));
  waits(survey({absent(1), silent(2), absent(3)}));
  // It may have more than the one that answers.
  waits(survey({good(1), silent(2)}));
  waits(survey({with(good(1), [](DonorInfo& i) { i.has_data = false; })}));
  waits(survey({good(1), with(good(2), [](DonorInfo& i) { i.has_data = false; })}));
}
