#pragma once

#include <utility>  // before Boost.Asio 1.74 in C++20, which uses std::exchange without it

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace mysql_agent {

/// One HTTP request: method and target are all that the agent's services look at.
struct HttpRequest {
  boost::beast::http::verb method = boost::beast::http::verb::get;
  std::string path;   ///< the target up to `?`
  std::string query;  ///< after it
};

struct HttpReply {
  boost::beast::http::status status = boost::beast::http::status::ok;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  unsigned retry_after_seconds = 0;  ///< sent where it is not 0
};

/// Answers one request on `stream` itself; the connection is closed afterwards.
using HttpHandler = std::function<boost::asio::awaitable<void>(boost::beast::tcp_stream& stream, HttpRequest request)>;

/// Binds and listens on a literal address, IPv4 or IPv6 (with or without brackets). Throws usage_error.
boost::asio::ip::tcp::acceptor listen_on(boost::asio::io_context& io, std::string address, std::uint16_t port);

/// Accepts connections until the acceptor is closed, and hands each request to `handler`. One request a connection, its
/// header at most 8 KiB and within 10 s, at most 64 connections at once: a slow or greedy client holds nothing up.
boost::asio::awaitable<void> serve_http(boost::asio::ip::tcp::acceptor& acceptor, HttpHandler handler);

/// Sends a whole reply.
boost::asio::awaitable<void> send_reply(boost::beast::tcp_stream& stream, const HttpReply& reply);

}  // namespace mysql_agent
