#include "common/net/refusals.hpp"

#include "common/base/component.hpp"
#include "common/base/log.hpp"

namespace mysql_agent {
namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds log_every{10};

}  // namespace

void Refusals::add(const std::string& reason, const std::string& client) {
  Reason& entry = reasons_[reason];
  ++entry.unlogged;
  ++totals_[reason];
  entry.last_client = client;
  if (entry.quiet) return;
  entry.quiet = true;
  log_now(reason, entry);
  asio::co_spawn(executor_, log_later(shared_from_this(), reason), asio::detached);
}

void Refusals::log_now(const std::string& reason, Reason& entry) {
  log_event(LogLevel::warning, component::http, "refused connections",
            {{"reason", reason}, {"count", entry.unlogged}, {"last_from", entry.last_client}});
  entry.unlogged = 0;
}

asio::awaitable<void> Refusals::log_later(std::shared_ptr<Refusals> self, std::string reason) {
  Reason& entry = self->reasons_[reason];
  asio::steady_timer timer(self->executor_);
  while (entry.quiet) {
    timer.expires_after(log_every);
    co_await timer.async_wait(asio::use_awaitable);
    if (entry.unlogged > 0) log_now(reason, entry);
    else entry.quiet = false;
  }
}

}  // namespace mysql_agent
