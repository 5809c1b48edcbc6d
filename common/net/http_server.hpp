#pragma once

#include <utility>  // before Boost.Asio 1.74 in C++20, which uses std::exchange without it

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <functional>
#include <memory>
#include <string>

#include "common/net/http_request.hpp"
#include "common/net/peer_stream.hpp"
#include "common/net/refusals.hpp"

namespace mysql_agent {

/// A whole reply to a request.
struct HttpReply {
  boost::beast::http::status status = boost::beast::http::status::ok;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};
  unsigned retry_after_seconds = 0;  ///< the header Retry-After; 0: no such header
};

/// Answers one request by writing to `stream`. The connection is closed afterwards.
using HttpHandler = std::function<boost::asio::awaitable<void>(PeerStream& stream, HttpRequest request)>;

/// The address of the other side as text. A client by IPv4 has an IPv4 address, also at a socket of both families.
std::string client_address(const boost::asio::ip::tcp::socket& socket);

/// Listens on an IPv4 or IPv6 address, not a name, or on defaults::all_addresses. Brackets around an IPv6 address are
/// allowed. Port 0: the kernel chooses one. Throws usage_error.
boost::asio::ip::tcp::acceptor listen_on(boost::asio::io_context& io, std::string address, std::uint16_t port);

/// Accepts connections until the acceptor is closed, and gives each request to `handler`. With `tls`, only clients that
/// have proven themselves are served; `refusals` counts and logs the clients that are refused. With null, plain HTTP.
///
/// A connection has one request, with a header of at most 8 KiB. A handshake may take 10 s, and a header another 10 s.
/// At most 64 requests are answered at once; a connection beyond them is closed. At most 64 more connections may be
/// silent, that is, without a complete request. A new connection beyond them closes the oldest silent connection, so
/// that silent clients keep nobody out.
boost::asio::awaitable<void> serve_http(boost::asio::ip::tcp::acceptor& acceptor, HttpHandler handler, Tls tls,
                                        std::shared_ptr<Refusals> refusals);

/// Sends a whole reply.
boost::asio::awaitable<void> send_reply(PeerStream& stream, const HttpReply& reply);

}  // namespace mysql_agent
