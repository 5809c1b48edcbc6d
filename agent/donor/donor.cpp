#include "agent/donor/donor.hpp"

#include <algorithm>

#include "common/base/component.hpp"
#include "common/base/log.hpp"
#include "common/base/scope_guard.hpp"
#include "common/base/units.hpp"
#include "common/server/option_file.hpp"

namespace mysql_agent {
namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr unsigned busy_retry_seconds = 5;
// How long the look that decides on a copy may take. The recipient waits meanwhile, no longer than its --stall-timeout.
constexpr std::chrono::milliseconds longest_wait_for_look{10'000};
constexpr std::chrono::milliseconds wait_step{20};

// Takes one slot of --max-clones until the guard is destroyed.
auto take_slot(std::shared_ptr<CloneCounters> counters) {
  ++counters->active;
  return ScopeGuard([counters] { --counters->active; });
}

}  // namespace

Donor::Donor(DonorOptions options, const PodView& view, std::function<void()> look_soon)
    : options_(std::move(options)), view_(view), look_soon_(std::move(look_soon)), rate_(options_.max_rate) {}

DonorInfo Donor::info() const {
  DonorInfo info = judge_donor(view_, options_.engine, options_.tool, options_.max_lag);
  info.slots_total = options_.max_clones;
  info.slots_free = options_.max_clones - std::min(active(), options_.max_clones);
  if (view_.server) info.age = since(view_.looked);
  const char* const silent = stopping_                                ? "it is shutting down"
                             : view_.server && info.age > stale_after ? "its server has not answered for a while"
                                                                      : nullptr;
  if (silent != nullptr) {
    info.fit = false;
    info.has_data = false;
    info.reason = silent;
  }
  return info;
}

asio::awaitable<void> Donor::handle(PeerStream& stream, HttpRequest request) {
  HttpReply reply;
  if (request.path == clone_protocol::clone_path) {
    const bool recovery = request.query == clone_protocol::recovery_query;
    const auto refusal = refuse(recovery);
    if (!refusal) {
      co_await serve(stream, recovery);
      co_return;
    }
    ++counters_->refused[refusal->reason];
    reply = refusal->reply;
  } else if (request.path == clone_protocol::donor_path) {
    if (request.query == clone_protocol::fresh_query) look_soon_();
    reply.content_type = "application/json";
    reply.body = donor_info_text(info());
  } else {
    reply.status = http::status::not_found;
    reply.body = std::string("there is ") + clone_protocol::donor_path + " and " + clone_protocol::clone_path + "\n";
  }
  co_await send_reply(stream, reply);
}

std::optional<Donor::Refusal> Donor::refuse(bool recovery) const {
  const DonorInfo now = info();
  const EngineOffer offer = offer_engine(view_, options_.engine, options_.tool);
  HttpReply refusal;
  refusal.status = http::status::conflict;
  if (!(recovery ? now.has_data : now.fit)) {
    refusal.body = (now.reason.empty() ? "it has no data" : now.reason) + "\n";
    return Refusal{clone_refusal::not_fit, refusal};
  }
  if (recovery && !now.unapplied.empty()) {
    refusal.body = "it has not applied yet all that it has received: " + now.unapplied + "\n";
    return Refusal{clone_refusal::not_fit, refusal};
  }
  if (offer.engine != Engine::xtrabackup) {
    refusal.body =
        (offer.engine ? std::string("it is cloned by MySQL's clone plugin, not by a stream") : offer.why_not) + "\n";
    return Refusal{clone_refusal::other_engine, refusal};
  }
  if (now.slots_free > 0) return std::nullopt;
  refusal.status = http::status::service_unavailable;
  refusal.retry_after_seconds = busy_retry_seconds;
  refusal.body = "all clone slots are taken\n";
  return Refusal{clone_refusal::busy, refusal};
}

// A look shows all that was written before it began, and the copy ends before the tool does. So a look that begins
// after the tool's end shows what is in the copy.
asio::awaitable<std::string> Donor::judge_copy(const PodView& before, bool recovery) const {
  const auto tool_ended = std::chrono::steady_clock::now();
  const auto deadline = tool_ended + std::min(longest_wait_for_look, options_.stall_timeout / 2);
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (!view_.server || view_.looked < tool_ended) {
    if (std::chrono::steady_clock::now() >= deadline)
      co_return "nobody knows whether the donor is still what it was: " +
          (view_.server ? "its sidecar has not looked for a while" : view_.server_error);
    look_soon_();
    timer.expires_after(wait_step);
    co_await timer.async_wait(asio::use_awaitable);
  }
  co_return why_worthless(before, view_, recovery);
}

asio::awaitable<void> Donor::serve(PeerStream& stream, bool recovery) {
  const PodView before = view_;
  const auto slot = take_slot(counters_);
  const auto begin = std::chrono::steady_clock::now();
  const std::string to = client_address(stream.socket());
  log_event(LogLevel::info, component::donor, "began to serve a clone", {{"to", to}});
  ServerLogin server = options_.login;
  if (view_.previous_password) server.password = server.previous_password;
  const Fd login = make_memory_file("login.cnf", tool_login_options(server, options_.tool->version.flavour));
  Command backup;
  backup.argv = backup_arguments(*options_.tool, options_.dir.root, options_.parallel);
  backup.option_file = login.get();
  CloneOutcome outcome;
  try {
    outcome = co_await stream_clone(stream, backup, options_.tool->name, options_.stall_timeout, rate_,
                                    counters_->sent_bytes, [&] { return judge_copy(before, recovery); });
  } catch (const Error&) {
    ++counters_->failed[clone_failure::tool];
    throw;
  }
  const auto duration = since(begin);
  count(outcome, duration);
  if (outcome.failure.empty())
    log_event(LogLevel::info, component::donor, "served a clone",
              {{"to", to}, {"bytes", outcome.bytes}, {"ms", duration.count()}});
  else
    log_event(LogLevel::warning, component::donor, "failed to serve a clone",
              {{"to", to},
               {"bytes", outcome.bytes},
               {"ms", duration.count()},
               {"error", outcome.failure},
               {"tool_said", outcome.tool_said}});
}

void Donor::count(const CloneOutcome& outcome, std::chrono::milliseconds duration) {
  if (outcome.failure.empty()) ++counters_->served;
  else ++counters_->failed[outcome.reason];
  ++counters_->tool_exits[outcome.tool_exit];
  counters_->duration += duration;
}

}  // namespace mysql_agent
