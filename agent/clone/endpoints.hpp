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

/// What clone-mysql answers on the probes' port. The answer is that of answer_probe for a pod whose server is not up.
/// The reason tells what clone-mysql does.
HttpReply answer_of_clone(const HttpRequest& request, const CloneSnapshot& snapshot);

/// What clone-mysql answers on the clone port. An empty pod answers as a donor that is not fit: where all pods of a set
/// begin at once, the primary learns by this that no pod has data. Any other pod answers 503: what its data will be is
/// not known yet. The answer does not change while clone-mysql waits, for other pods repeat it in their own reasons.
HttpReply donor_answer_of_clone(const HttpRequest& request, const CloneSnapshot& snapshot);

struct ListenAddress {
  std::string host;  ///< a literal address
  std::uint16_t port = 0;
};

/// Answers on the probes' port and on the clone port while clone-mysql runs, in a thread of its own. The destructor
/// waits for no client. Where a port is taken, by the pod's sidecar for instance, the log says so, and clone-mysql goes
/// on without that port.
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
