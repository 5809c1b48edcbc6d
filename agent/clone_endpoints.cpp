#include "agent/clone_endpoints.hpp"

#include "agent/http_endpoints.hpp"
#include "agent/status_report.hpp"
#include "common/log.hpp"

namespace mysql_agent {
namespace asio = boost::asio;
namespace {

constexpr const char* component = "clone-mysql";

}  // namespace

HttpReply answer_of_clone(const HttpRequest& request, const CloneSnapshot& snapshot) {
  ProbeFacts facts;
  facts.view = &snapshot.view;
  facts.own_clone = &snapshot.own_clone;
  return answer_probe(request, facts, {});
}

CloneEndpoints::CloneEndpoints(const CloneActivity& activity, const DataDir& dir, const std::string& host, std::uint16_t port)
    : activity_(activity), dir_(dir) {
  const std::string where = host + ":" + std::to_string(port);
  try {
    acceptor_.emplace(listen_on(io_, host, port));
    const auto probes = [this](PeerStream& stream, HttpRequest request) { return answer(stream, std::move(request)); };
    asio::co_spawn(io_, serve_http(*acceptor_, probes, nullptr, std::make_shared<Refusals>(io_.get_executor())), asio::detached);
    thread_ = std::thread([this] {
      try {
        io_.run();
      } catch (const std::exception& error) {
        log_event(LogLevel::warning, component, "stopped to answer probes", {{"error", error.what()}});
      }
    });
    log_event(LogLevel::info, component, "began to answer probes", {{"probes", where}});
  } catch (const std::exception& error) {
    log_event(LogLevel::warning, component, "went on without answering probes", {{"probes", where}, {"error", error.what()}});
  }
}

CloneEndpoints::~CloneEndpoints() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

asio::awaitable<void> CloneEndpoints::answer(PeerStream& stream, HttpRequest request) const {
  CloneSnapshot snapshot = activity_.snapshot();
  // Liveness must not wait for a volume that hangs.
  if (request.path == status_path || request.path == metrics_path) {
    try {
      look_at_volume(snapshot.view, dir_);
    } catch (const std::exception&) {
      // clone-mysql itself says what is wrong with it.
    }
  }
  co_await send_reply(stream, answer_of_clone(request, snapshot));
}

}  // namespace mysql_agent
