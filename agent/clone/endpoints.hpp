#pragma once

#include <utility>  // before Boost.Asio 1.74 in C++20, which uses std::exchange without it

#include <boost/asio.hpp>
#include <cstdint>
#include <list>
#include <string>
#include <thread>

#include "agent/clone/activity.hpp"
#include "common/backup/clone_protocol.hpp"
#include "common/net/http_server.hpp"
#include "common/volume/data_dir.hpp"

namespace mysql_agent {

/// What clone-mysql answers on the probes' port: as answer_probe does for a pod whose server is not up, with what
/// clone-mysql does as the reason.
HttpReply answer_of_clone(const HttpRequest& request, const CloneSnapshot& snapshot);

/// What clone-mysql answers on the clone port. Where its pod is empty, as a donor that is not fit: where all pods of a
/// set begin at once, this is how the primary learns that none of them has data. Else with 503, for it does not know
/// yet what its data will be. What it says does not change while it waits, for others say it on.
HttpReply donor_answer_of_clone(const HttpRequest& request, const CloneSnapshot& snapshot);

struct ListenAddress {
  std::string host;  ///< a literal address
  std::uint16_t port = 0;
};

/// Answers on the probes' port and on the clone port while clone-mysql runs, in a thread of its own, until it is
/// destroyed, which waits for nobody. Where it cannot listen (the pod's sidecar has the port), it says so in the log
/// and does nothing: no clone fails for this.
class CloneEndpoints {
 public:
  CloneEndpoints(const CloneActivity& activity, const DataDir& dir, const ListenAddress& probes,
                 const ListenAddress& clones, Tls tls);
  ~CloneEndpoints();
  CloneEndpoints(const CloneEndpoints&) = delete;
  CloneEndpoints& operator=(const CloneEndpoints&) = delete;

 private:
  void serve(const char* what, const ListenAddress& where, HttpHandler handler, Tls tls);
  boost::asio::awaitable<void> answer_probe(PeerStream& stream, HttpRequest request) const;
  boost::asio::awaitable<void> answer_recipient(PeerStream& stream, HttpRequest request) const;

  const CloneActivity& activity_;
  const DataDir dir_;
  boost::asio::io_context io_{1};
  std::list<boost::asio::ip::tcp::acceptor> acceptors_;
  std::thread thread_;
};

}  // namespace mysql_agent
