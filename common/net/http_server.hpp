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

struct HttpReply {
  boost::beast::http::status status = boost::beast::http::status::ok;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  unsigned retry_after_seconds = 0;  ///< sent where it is not 0
};

/// Answers one request on `stream` itself; the connection is closed afterwards.
using HttpHandler = std::function<boost::asio::awaitable<void>(PeerStream& stream, HttpRequest request)>;

/// Binds and listens on a literal address, IPv4 or IPv6 (with or without brackets). Throws usage_error.
boost::asio::ip::tcp::acceptor listen_on(boost::asio::io_context& io, std::string address, std::uint16_t port);

/// Accepts connections until the acceptor is closed, and hands each request to `handler`; with `tls`, those of clients
/// that have proven themselves. One request a connection, its header at most 8 KiB. A handshake has 10 s, and so has a
/// header. At most 64 requests are answered at once. As many more connections may not have come so far: the oldest of
/// them makes room for a new one, so that those who say nothing keep nobody out. Who is refused is counted and logged
/// by `refusals`.
boost::asio::awaitable<void> serve_http(boost::asio::ip::tcp::acceptor& acceptor, HttpHandler handler, Tls tls,
                                        std::shared_ptr<Refusals> refusals);

/// Sends a whole reply.
boost::asio::awaitable<void> send_reply(PeerStream& stream, const HttpReply& reply);

}  // namespace mysql_agent
