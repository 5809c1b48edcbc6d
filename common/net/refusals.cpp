#include "common/net/refusals.hpp"

#include "common/base/log.hpp"

namespace mysql_agent {
namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds log_every{10};

}  // namespace

void Refusals::add(const std::string& reason, const std::string& from) {
  Reason& entry = reasons_[reason];
  ++entry.count;
  ++totals_[reason];
  entry.last_from = from;
  if (entry.quiet) return;
  entry.quiet = true;
  say(reason, entry);
  asio::co_spawn(executor_, say_later(shared_from_this(), reason), asio::detached);
}

void Refusals::say(const std::string& reason, Reason& entry) {
  log_event(LogLevel::warning, "http", "refused connections",
            {{"reason", reason}, {"count", entry.count}, {"last_from", entry.last_from}});
  entry.count = 0;
}

asio::awaitable<void> Refusals::say_later(std::shared_ptr<Refusals> self, std::string reason) {
  Reason& entry = self->reasons_[reason];
  asio::steady_timer timer(self->executor_);
  while (entry.quiet) {
    timer.expires_after(log_every);
    co_await timer.async_wait(asio::use_awaitable);
    if (entry.count > 0) say(reason, entry);
    else entry.quiet = false;
  }
}

}  // namespace mysql_agent
