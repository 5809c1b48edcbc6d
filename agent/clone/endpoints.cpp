#include "agent/clone/endpoints.hpp"

#include <memory>
#include <system_error>

#include "agent/pod/probes.hpp"
#include "agent/pod/status_report.hpp"
#include "common/base/component.hpp"
#include "common/base/log.hpp"

namespace mysql_agent {
namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace {}  // namespace

HttpReply answer_of_clone(const HttpRequest& request, const CloneSnapshot& snapshot) {
  ProbeFacts facts;
  facts.view = &snapshot.view;
  facts.own_clone = &snapshot.own_clone;
  return answer_probe(request, facts, {});
}

HttpReply donor_answer_of_clone(const HttpRequest& request, const CloneSnapshot& snapshot) {
  HttpReply reply;
  if (request.path == clone_protocol::donor_path) {
    if (!snapshot.empty) {
      reply.status = http::status::service_unavailable;
      reply.body = "clone-mysql runs, and the pod is not empty\n";
      return reply;
    }
    DonorInfo info;
    info.pod = snapshot.view.pod.name;
    info.role = snapshot.view.role;
    info.empty = true;
    info.known_data = snapshot.known_data;
    info.knows_of_data = !info.known_data.empty();
    info.reason = info.knows_of_data ? "it is empty, and knows of data of its set" : "it is empty";
    reply.content_type = "application/json";
    reply.body = donor_info_text(info);
    return reply;
  }
  reply.status = request.path == clone_protocol::clone_path ? http::status::conflict : http::status::not_found;
  reply.body = "clone-mysql runs, and gives no clone\n";
  return reply;
}

CloneEndpoints::CloneEndpoints(const CloneActivity& activity, const DataDir& dir, const ListenAddress& probes,
                               const ListenAddress& clones, Tls tls)
    : activity_(activity), dir_(dir) {
  serve(
      "probes", probes,
      [this](PeerStream& stream, HttpRequest request) { return answer_probe(stream, std::move(request)); }, nullptr);
  serve(
      "clones", clones,
      [this](PeerStream& stream, HttpRequest request) { return answer_recipient(stream, std::move(request)); },
      std::move(tls));
  if (acceptors_.empty()) return;
  const auto run = [this] {
    try {
      io_.run();
    } catch (const std::exception& error) {
      log_event(LogLevel::warning, component::clone, "stopped to answer", {{"error", error.what()}});
    }
  };
  try {
    thread_ = std::thread(run);
  } catch (const std::system_error& error) {
    log_event(LogLevel::warning, component::clone, "went on without answering", {{"error", error.what()}});
    acceptors_.clear();
  }
}

CloneEndpoints::~CloneEndpoints() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

void CloneEndpoints::serve(const char* what, const ListenAddress& where, HttpHandler handler, Tls tls) {
  const std::string address = where.host + ":" + std::to_string(where.port);
  try {
    acceptors_.push_back(listen_on(io_, where.host, where.port));
    asio::co_spawn(io_,
                   serve_http(acceptors_.back(), std::move(handler), std::move(tls),
                              std::make_shared<Refusals>(io_.get_executor())),
                   asio::detached);
    log_event(LogLevel::info, component::clone, "began to answer", {{what, address}});
  } catch (const std::exception& error) {
    log_event(LogLevel::warning, component::clone, "went on without answering",
              {{what, address}, {"error", error.what()}});
  }
}

asio::awaitable<void> CloneEndpoints::answer_probe(PeerStream& stream, HttpRequest request) const {
  CloneSnapshot snapshot = activity_.snapshot();
  // A liveness probe must not wait for a volume that hangs.
  if (request.path == status_path || request.path == metrics_path) {
    try {
      look_at_volume(snapshot.view, dir_);
    } catch (const std::exception&) {
      // clone-mysql itself reports what is wrong with the volume.
    }
  }
  co_await send_reply(stream, answer_of_clone(request, snapshot));
}

asio::awaitable<void> CloneEndpoints::answer_recipient(PeerStream& stream, HttpRequest request) const {
  co_await send_reply(stream, donor_answer_of_clone(request, activity_.snapshot()));
}

}  // namespace mysql_agent
