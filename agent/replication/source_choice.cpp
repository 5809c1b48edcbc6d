#include "agent/replication/source_choice.hpp"

#include <algorithm>

#include "agent/pod/hand_on.hpp"
#include "common/base/error.hpp"
#include "common/server/gtid.hpp"

namespace mysql_agent {
namespace {

// A list of openings that is shorter was never cut: agents of older versions keep 16.
constexpr std::size_t shortest_cut_list = 16;

std::string text_or_none(const GtidPosition& position) {
  return position.empty() ? "none" : position.text();
}

}  // namespace

SetIdentity compare_sets(const std::string& own, const std::string& of_primary) {
  if (of_primary.empty()) return SetIdentity::unknown;
  return own.empty() || own == of_primary ? SetIdentity::same : SetIdentity::other;
}

SourceChoice choose_source(Flavour flavour, const std::string& executed, const std::string& now,
                           const std::string& primary_host, const std::optional<DonorInfo>& primary,
                           const std::vector<SourceCandidate>& siblings) {
  SourceChoice choice{.host = now, .sibling = now != primary_host};
  if (!primary || !primary->has_data) return choice;
  const auto start = GtidPosition::try_parse(flavour, primary->log_start);
  const auto own = GtidPosition::try_parse(flavour, executed);
  if (!start || !own) return choice;
  choice = {.host = primary_host};
  if (own->covers(*start)) return choice;
  const GtidPosition missing = start->beyond(*own);
  std::uint64_t most = 0;
  std::string asked;
  for (const SourceCandidate& sibling : siblings) {
    const auto theirs = GtidPosition::try_parse(flavour, sibling.info.position);
    const auto their_start = GtidPosition::try_parse(flavour, sibling.info.log_start);
    if (!sibling.info.has_data || !theirs || !their_start || !may_hand_on(sibling.info)) continue;
    asked += (asked.empty() ? "" : ", ") + sibling.info.pod + " at " + text_or_none(*theirs);
    if (!own->covers(*their_start)) continue;
    // The sibling's share of what is missing here: all that is missing, less what the sibling lacks of it. The sibling
    // may lack other things, too.
    const std::uint64_t all = missing.transactions_beyond(*own);
    const std::uint64_t lacks = missing.transactions_beyond(*theirs);
    if (lacks >= all || all - lacks <= most) continue;
    most = all - lacks;
    choice = {.host = sibling.host, .sibling = true};
  }
  if (most == 0)
    choice.hold = Hold{.cause = HoldCause::nobody_has_what_is_missing,
                       .gtids = missing.text(),
                       .beside = own->text(),
                       .detail = asked};
  return choice;
}

std::string beyond_recovery(Flavour flavour, const std::vector<Recovery>& own, const std::vector<std::string>& has,
                            const std::vector<Recovery>& of_primary) {
  // The primary has forgotten all that this replica knows, for its list was cut: nothing tells when the two parted.
  const auto is_told = [&](const Recovery& known) {
    return std::any_of(of_primary.begin(), of_primary.end(), [&](const Recovery& each) { return each.id == known.id; });
  };
  if (!own.empty() && of_primary.size() >= shortest_cut_list && std::none_of(own.begin(), own.end(), is_told)) {
    const auto any = std::find_if(has.begin(), has.end(), [](const std::string& text) { return !text.empty(); });
    return any == has.end() ? "" : *any;
  }
  const auto unknown = std::find_if(of_primary.begin(), of_primary.end(), [&](const Recovery& recovery) {
    return std::none_of(own.begin(), own.end(), [&](const Recovery& known) { return known.id == recovery.id; });
  });
  if (unknown == of_primary.end()) return "";
  const auto began = GtidPosition::try_parse(flavour, unknown->position);
  for (const std::string& text : has) {
    const auto position = GtidPosition::try_parse(flavour, text);
    if (began && position && !began->covers(*position)) return position->beyond(*began).text();
  }
  return "";
}

std::string DivergenceWatch::look(Clock::time_point now, Flavour flavour, const std::string& executed,
                                  const std::string& primary, std::chrono::milliseconds age) {
  const auto theirs = GtidPosition::try_parse(flavour, primary);
  // The primary's position covers this replica's position. That needs no later answer.
  const auto here = GtidPosition::try_parse(flavour, executed);
  if (here && theirs && theirs->covers(*here)) {
    diverged_.clear();
    transactions_ = 0;
    proven_ = true;
    kept_ = executed;
    kept_at_ = now;
    return diverged_;
  }
  if (!kept_at_) {
    kept_ = executed;
    kept_at_ = now;
    return diverged_;
  }
  if (now - age < *kept_at_ + in_flight) return diverged_;
  const auto ours = GtidPosition::try_parse(flavour, kept_);
  if (ours && theirs) {
    diverged_ = ours->beyond(*theirs).text();
    transactions_ = ours->transactions_beyond(*theirs);
    proven_ = diverged_.empty();
  }
  kept_ = executed;
  kept_at_ = now;
  return diverged_;
}

}  // namespace mysql_agent
