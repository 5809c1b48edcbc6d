#include "agent/sidecar.hpp"

#include <unistd.h>

#include <csignal>
#include <set>

#include "agent/pod/deviations.hpp"
#include "agent/pod/probes.hpp"
#include "agent/pod/verdict.hpp"
#include "common/base/blocking.hpp"
#include "common/base/component.hpp"
#include "common/base/log.hpp"
#include "common/base/scope_guard.hpp"
#include "common/base/units.hpp"

namespace mysql_agent {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds look_every{2000};
// A pod that waits for its server or for replication should not wait for the next look too.
constexpr std::chrono::milliseconds look_every_until_ready{300};
// A probe's time limit is 1 s where nobody sets it.
constexpr std::chrono::milliseconds longest_wait_for_look{700};
constexpr int max_waiting_for_look = 16;

class Sidecar {
 public:
  explicit Sidecar(const SidecarOptions& options)
      : options_(options),
        view_(new_pod_view(options.replication.set)),
        watch_(options.replication),
        donor_(options.donor, view_, [this] { look_soon(); }),
        clone_acceptor_(listen_on(io_, options.listen, options.clone_port)),
        probe_acceptor_(listen_on(io_, options.http_host, options.http_port)),
        signals_(io_, SIGTERM, SIGINT) {
    view_.server_error = "it was not asked yet";
  }

  void run() {
    const auto clones = [this](PeerStream& stream, HttpRequest request) {
      return donor_.handle(stream, std::move(request));
    };
    const auto probes = [this](PeerStream& stream, HttpRequest request) { return answer(stream, std::move(request)); };
    asio::co_spawn(io_, serve_http(clone_acceptor_, clones, options_.tls, refusals_), asio::detached);
    asio::co_spawn(io_, serve_http(probe_acceptor_, probes, nullptr, refusals_), asio::detached);
    asio::co_spawn(io_, look_after_server(), asio::detached);
    asio::co_spawn(io_, wait_for_signal(), asio::detached);
    log_event(LogLevel::info, component::sidecar, "began to serve",
              {{"pod", view_.pod.name},
               {"role", role_name(view_.role)},
               {"clones", options_.listen + ":" + std::to_string(options_.clone_port)},
               {"probes", options_.http_host + ":" + std::to_string(options_.http_port)}});
    io_.run();
    log_event(LogLevel::info, component::sidecar, "ended");
    // A server that hangs may hold the SQL thread for longer than the grace period. The kernel ends the tools with this
    // process.
    if (looking_) ::_exit(0);
  }

 private:
  asio::awaitable<void> answer(PeerStream& stream, HttpRequest request) {
    if (request.path == startup_path) {
      // The port answers a bounded number of requests at once. Those that wait must leave places for the others.
      if (waiting_for_look_ >= max_waiting_for_look) {
        const HttpReply busy{.status = boost::beast::http::status::service_unavailable,
                             .body = "too many wait for a look at the server\n",
                             .retry_after_seconds = 1};
        co_await send_reply(stream, busy);
        co_return;
      }
      ++waiting_for_look_;
      const ScopeGuard counted([this] { --waiting_for_look_; });
      co_await look_now();
    }
    const HttpReply reply = answer_probe(
        request, {&view_, view_taken_, stopping_, &donor_.counters(), donor_.slots(), &refusals_->totals()},
        options_.limits);
    co_await send_reply(stream, reply);
  }

  // A client that asks often does not cause more looks than a pod that is not ready makes by itself.
  void look_soon() {
    if (std::chrono::steady_clock::now() - view_taken_ >= look_every_until_ready) pause_.cancel();
  }

  // A startup probe must not be answered by a look at the server before a restart, so it waits for a new look. A server
  // that hangs lets the probe wait no longer than the limit.
  asio::awaitable<void> look_now() {
    const auto asked = std::chrono::steady_clock::now();
    asio::steady_timer tick(io_);
    for (auto now = asked; view_taken_ < asked && now < asked + longest_wait_for_look;
         now = std::chrono::steady_clock::now()) {
      look_soon();
      tick.expires_after(std::chrono::milliseconds(10));
      co_await tick.async_wait(asio::use_awaitable);
    }
  }

  // SQL blocks, so a look runs on a thread of its own.
  asio::awaitable<PodView> look() {
    co_return co_await run_blocking(sql_thread_, [this] {
      PodView view = watch_.look();
      try {
        look_at_volume(view, options_.donor.dir);
      } catch (const Error&) {
        // clone-mysql refuses an unreadable request at the next start, and `status` says so.
      }
      return view;
    });
  }

  asio::awaitable<void> look_after_server() {
    std::optional<Verdict> logged;
    // Clones that go on during the grace period need looks: a donor must notice that it diverges.
    while (!stopping_ || donor_.active() > 0) {
      looking_ = true;
      view_ = co_await look();
      looking_ = false;
      view_taken_ = std::chrono::steady_clock::now();
      note_following();
      log_deviations();
      const Verdict verdict = judge(view_, options_.limits);
      if (!logged || !logged->is_same_finding(verdict)) {
        if (verdict.ready()) log_event(LogLevel::info, component::sidecar, "became ready");
        else log_event(LogLevel::info, component::sidecar, "was not ready", {{"reason", verdict.reason}});
      }
      logged = verdict;
      error_code cut_short;
      const bool falls_behind = view_.missing_for && *view_.missing_for * 2 > options_.limits.max_lag;
      pause_.expires_after(verdict.ready() && !falls_behind ? look_every : look_every_until_ready);
      co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, cut_short));
    }
  }

  // Deviations are compared by kind, because their details may change at each look. A deviation must be seen at two
  // looks: an account that was missing may have been made at the end of the first.
  void log_deviations() {
    std::set<DeviationKind> kinds;
    for (const Deviation& deviation : deviations_of(view_)) {
      if (!kinds.insert(deviation.kind).second || !seen_deviations_.contains(deviation.kind)) continue;
      if (logged_deviations_.insert(deviation.kind).second)
        log_event(LogLevel::warning, component::sidecar, "found what the agent relies on to be otherwise",
                  {{"what", deviation_text(deviation)}});
    }
    if (!view_.server) return;
    std::erase_if(logged_deviations_, [&](DeviationKind kind) { return !kinds.contains(kind); });
    seen_deviations_ = kinds;
  }

  void note_following() {
    if (view_.role != Role::replica) return;
    if (judge(view_, {options_.limits.max_lag, {}}).ready()) followed_at_ = view_taken_;
    if (followed_at_)
      view_.not_followed_for = std::chrono::duration_cast<std::chrono::seconds>(view_taken_ - *followed_at_);
  }

  asio::awaitable<void> wait_for_signal() {
    const int number = co_await signals_.async_wait(asio::use_awaitable);
    log_event(LogLevel::info, component::sidecar, "received a signal",
              {{"signal", number == SIGTERM ? "SIGTERM" : "SIGINT"},
               {"clones", donor_.active()},
               {"grace", duration_text(options_.shutdown_grace)}});
    stopping_ = true;
    donor_.stop();
    const auto deadline = std::chrono::steady_clock::now() + options_.shutdown_grace;
    while (donor_.active() > 0 && std::chrono::steady_clock::now() < deadline) {
      asio::steady_timer tick(io_, std::chrono::milliseconds(50));
      co_await tick.async_wait(asio::use_awaitable);
    }
    // The clones that are left end with the io_context: the destructor of each job kills the tool's process group.
    io_.stop();
  }

  const SidecarOptions& options_;
  PodView view_;
  std::chrono::steady_clock::time_point view_taken_;
  std::optional<std::chrono::steady_clock::time_point>
      followed_at_;                          ///< the latest look at which a replica followed its source
  std::set<DeviationKind> seen_deviations_;  ///< at the look before
  std::set<DeviationKind> logged_deviations_;
  bool stopping_ = false;
  bool looking_ = false;
  int waiting_for_look_ = 0;
  asio::io_context io_{1};
  asio::steady_timer pause_{io_};
  const std::shared_ptr<Refusals> refusals_ = std::make_shared<Refusals>(io_.get_executor());
  ReplicationWatch watch_;
  Donor donor_;
  asio::ip::tcp::acceptor clone_acceptor_;
  asio::ip::tcp::acceptor probe_acceptor_;
  asio::signal_set signals_;
  asio::thread_pool sql_thread_{1};
};

}  // namespace

void run_sidecar(const SidecarOptions& options) {
  Sidecar(options).run();
}

}  // namespace mysql_agent
