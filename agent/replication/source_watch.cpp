#include "agent/replication/source_watch.hpp"

#include <algorithm>

#include "agent/pod/peer_survey.hpp"
#include "common/base/component.hpp"
#include "common/base/log.hpp"

namespace mysql_agent {
namespace {

constexpr std::chrono::seconds ask_every{2};
constexpr std::chrono::milliseconds ask_every_while_unsure{300};
constexpr std::chrono::milliseconds ask_timeout{2000};

// A replica that knows no set may be older than the agent. When a set moves to the agent, its primary gets a sidecar
// last.
std::optional<Wait> why_wait(const std::string& own, const PeerFact& primary, SetIdentity identity, bool io_runs) {
  if (own.empty()) return std::nullopt;
  if (primary.kind == PeerFact::Kind::absent) return Wait{.kind = WaitKind::no_such_pod, .host = primary.host};
  if (primary.kind == PeerFact::Kind::silent)
    return Wait{.kind = WaitKind::primary_silent, .host = primary.host, .detail = primary.error};
  if (!primary.info.has_data) return Wait{.kind = WaitKind::primary_not_up, .detail = primary.info.reason};
  if (identity != SetIdentity::same) return Wait{.kind = WaitKind::set_unknown};
  // Its server may have been another one at its last look. An older agent does not tell when that was.
  if (!io_runs && !primary.fresh && primary.info.age != clone_protocol::unknown_age)
    return Wait{.kind = WaitKind::primary_not_up, .detail = "it has not looked at its server since it was asked"};
  // A primary writes after its opening, and a replica must know of the opening before it connects.
  if (!primary.info.open.value_or(true)) return Wait{.kind = WaitKind::primary_not_open, .detail = primary.info.reason};
  return std::nullopt;
}

std::vector<std::string> positions_of(const ServerFacts& server) {
  std::vector<std::string> positions{server.executed};
  if (server.replica) positions.push_back(server.replica->received.gtid);
  return positions;
}

}  // namespace

SourceWatch::SourceWatch(PodSet set, std::uint16_t clone_port, std::uint32_t peers_above, Tls tls)
    : set_(std::move(set)), clone_port_(clone_port), peers_above_(peers_above), tls_(std::move(tls)) {
  view_.choice.host = set_.source_host();
  view_.wait = Wait{.kind = WaitKind::primary_not_asked};
}

const SourceView& SourceWatch::look(const PodView& view) {
  const auto now = std::chrono::steady_clock::now();
  const bool io_runs = view.server->replica && view.server->replica->io.running;
  const bool came_up = io_runs && !io_ran_;
  io_ran_ = io_runs;
  if (!io_runs || before_opening_.empty()) before_opening_ = positions_of(*view.server);
  const bool sure = io_runs && (view_.proven || view.state->set_id.empty());
  if (!came_up && now < asked_ + (sure ? ask_every : ask_every_while_unsure)) {
    view_.asked_now = false;
    return view_;
  }
  asked_ = now;
  view_.asked_now = true;
  const PeerFact primary = io_runs ? ask_peer(set_, set_.first_ordinal, clone_port_, ask_timeout, tls_)
                                   : ask_peer_anew(set_, set_.first_ordinal, clone_port_, ask_timeout, tls_);
  const bool answered = primary.kind == PeerFact::Kind::answered;
  view_.set_id = answered ? primary.info.set_id : "";
  view_.server_id = answered ? primary.info.server_id : 0;
  view_.identity = compare_sets(view.state->set_id, view_.set_id);
  view_.wait = why_wait(view.state->set_id, primary, view_.identity, io_runs);
  if (!view.server->by_gtid || view_.identity == SetIdentity::other) return view_;
  std::optional<DonorInfo> info;
  if (answered && primary.info.has_data) info = primary.info;
  const Flavour flavour = view.server->version.flavour;
  // The position was read a moment after the look that the age is of began.
  if (info) missing_.note(std::chrono::steady_clock::now() - info->age, flavour, info->position);
  if (info) look_at_recoveries(view, info->recoveries);
  const std::string set_source = current_source(view);
  SourceChoice choice = choose_source(flavour, view.server->executed, set_source, set_.source_host(), info, {});
  if (choice.hold)
    choice =
        choose_source(flavour, view.server->executed, set_source, set_.source_host(), info, ask_siblings(view_.set_id));
  if (choice.host != view_.choice.host)
    log_event(LogLevel::info, component::sidecar,
              choice.sibling ? "began to catch up from a sibling: the primary's logs lack what is missing here"
                             : "had caught up, and goes back to the primary",
              {{"source", choice.host}, {"position", view.server->executed}});
  view_.choice = choice;
  // A primary that takes no writes yet may still take transactions back.
  view_.position = info && info->open.value_or(true) ? info->position : "";
  view_.told = info && info->open.value_or(true);
  if (info && info->disabled_events) view_.disabled_events = info->disabled_events;
  if (view_.told) {
    view_.diverged = divergence_.look(now, flavour, view.server->executed, info->position, info->age);
    view_.diverged_transactions = divergence_.transactions();
    view_.proven = divergence_.proven();
  }
  return view_;
}

std::optional<std::chrono::milliseconds> SourceWatch::missing_for(const PodView& view) {
  if (!view.server->by_gtid || view_.identity == SetIdentity::other) missing_.forget();
  return missing_.missing_for(view.looked, view.server->version.flavour, view.server->executed);
}

void SourceWatch::forget() {
  divergence_ = {};
  before_opening_.clear();
  view_.lost.clear();
  view_.diverged.clear();
  view_.diverged_transactions = 0;
  view_.proven = false;
  asked_ = {};
}

// A replica that knows no set takes over the openings that its primary tells. What it had at the last look at which the
// primary told no other opening came before each opening that it does not know.
void SourceWatch::look_at_recoveries(const PodView& view, const std::vector<Recovery>& of_primary) {
  view_.recoveries = of_primary;
  view_.lost.clear();
  if (view.state->set_id.empty()) return;
  // A replica may be connected while its primary's log is thrown away: what it has since is as doubtful.
  const auto& own = view.state->recoveries;
  const bool reset = std::any_of(of_primary.begin(), of_primary.end(), [&](const Recovery& recovery) {
    return recovery.reset && std::find(own.begin(), own.end(), recovery) == own.end();
  });
  view_.lost = beyond_recovery(view.server->version.flavour, own, reset ? positions_of(*view.server) : before_opening_,
                               of_primary);
  // An I/O thread connects again by itself once, and may be connected to a later opening at the next look.
  const bool known = std::all_of(of_primary.begin(), of_primary.end(), [&](const Recovery& recovery) {
    return std::find(own.begin(), own.end(), recovery) != own.end();
  });
  if (known) before_opening_ = positions_of(*view.server);
}

// While the primary is silent, a sibling stays the source of a replica that catches up. Any other host is a mistake.
std::string SourceWatch::current_source(const PodView& view) const {
  if (!view.server->replica) return set_.source_host();
  for (const std::uint32_t ordinal : set_.ordinals(peers_above_))
    if (ordinal != set_.pod.ordinal && set_.host(ordinal) == view.server->replica->source_host)
      return view.server->replica->source_host;
  return set_.source_host();
}

std::vector<SourceCandidate> SourceWatch::ask_siblings(const std::string& set_id) const {
  std::vector<SourceCandidate> siblings;
  for (const PeerFact& peer : survey_peers(set_, clone_port_, peers_above_, ask_timeout, tls_).peers)
    if (peer.kind == PeerFact::Kind::answered && peer.ordinal != set_.first_ordinal && peer.info.set_id == set_id)
      siblings.push_back({peer.host, peer.info});
  return siblings;
}

}  // namespace mysql_agent
