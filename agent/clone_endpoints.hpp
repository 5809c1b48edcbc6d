#pragma once

#include <utility>  // before Boost.Asio 1.74 in C++20, which uses std::exchange without it

#include <boost/asio.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "agent/clone_activity.hpp"
#include "common/data_dir.hpp"
#include "common/http_server.hpp"

namespace mysql_agent {

/// What clone-mysql answers on the probes' port: as answer_probe does for a pod whose server is not up, with what clone-mysql does as the reason.
HttpReply answer_of_clone(const HttpRequest& request, const CloneSnapshot& snapshot);

/// Answers on the probes' port while clone-mysql runs, in a thread of its own, until it is destroyed, which waits for nobody. Where it
/// cannot listen (the pod's sidecar has the port), it says so in the log and does nothing: no clone fails for this.
class CloneEndpoints {
 public:
  CloneEndpoints(const CloneActivity& activity, const DataDir& dir, const std::string& host, std::uint16_t port);
  ~CloneEndpoints();
  CloneEndpoints(const CloneEndpoints&) = delete;
  CloneEndpoints& operator=(const CloneEndpoints&) = delete;

 private:
  boost::asio::awaitable<void> answer(PeerStream& stream, HttpRequest request) const;

  const CloneActivity& activity_;
  const DataDir dir_;
  boost::asio::io_context io_{1};
  std::optional<boost::asio::ip::tcp::acceptor> acceptor_;
  std::thread thread_;
};

}  // namespace mysql_agent
