#include "common/net/http_client.hpp"

#include <algorithm>
#include <utility>  // before Boost.Asio 1.74 in C++20, which uses std::exchange without it

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "common/base/version.hpp"
#include "common/net/peer_stream.hpp"

namespace mysql_agent {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

ConnectFailure failure_of(const error_code& error) {
  if (error == asio::error::host_not_found || error == asio::error::no_data) return ConnectFailure::unknown_name;
  if (error == asio::error::connection_refused) return ConnectFailure::refused;
  return ConnectFailure::other;
}

tcp::resolver::results_type resolve(asio::io_context& io, const std::string& host, const std::string& port) {
  error_code error;
  const auto found = tcp::resolver(io).resolve(host, port, error);
  if (error)
    throw ConnectError(failure_of(error), "cannot resolve " + host + ": " + error.message(),
                       "check the headless Service, --service and --peer-host");
  return found;
}

}  // namespace

bool is_literal_address(const std::string& host) {
  error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

bool name_resolves(const std::string& host) {
  asio::io_context io;
  try {
    resolve(io, host, "0");
    return true;
  } catch (const ConnectError& error) {
    if (error.failure() == ConnectFailure::unknown_name) return false;
    throw;
  }
}

struct HttpConnection::Socket {
  asio::io_context io;
  PeerStream stream{io};
  bool answered = false;

  // Runs the operation that was just begun to its end. The timer of the stream bounds it.
  void finish() {
    io.restart();
    io.run();
  }
};

HttpConnection::HttpConnection(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
                               const Tls& tls, const std::string& lookup)
    : socket_(std::make_unique<Socket>()), tls_(tls), host_(host), where_(host + ":" + std::to_string(port)) {
  const auto endpoints = resolve(socket_->io, lookup.empty() ? host : lookup, std::to_string(port));
  error_code error;
  // No buffer sizes are set. That would switch off the kernel's own tuning, and cut the sizes to net.core.rmem_max,
  // which is 208 KiB by default: 2.1 GB took 15 % longer.
  for (const auto& endpoint : endpoints) {
    socket_->stream.close();
    socket_->stream.expires_after(timeout);
    socket_->stream.tcp().async_connect(endpoint.endpoint(), [&](const error_code& result) { error = result; });
    socket_->finish();
    if (error) continue;
    if (tls_) make_handshake(timeout);
    return;
  }
  throw ConnectError(failure_of(error), "cannot connect to " + where_ + ": " + error.message(),
                     "check that the pod runs and its sidecar listens there");
}

HttpConnection::~HttpConnection() = default;

HandshakeError HttpConnection::handshake_error(const std::string& why) const {
  std::string hint =
      "this pod was started with --insecure: start both with it, or both with the same --clone-secret-file, or with "
      "--tls-cert, "
      "--tls-key and --tls-ca";
  if (tls_ && tls_->files().by_secret())
    hint =
        "both pods need the same secret in --clone-secret-file; if the other one was started with --tls-cert or "
        "--insecure, start both alike";
  else if (tls_)
    hint = "both certificates (--tls-cert) must be of the CA in --tls-ca, and the donor's must name " + host_ +
           "; if the other one was started with --clone-secret-file or --insecure, start both alike";
  return {where_ + " could not be authenticated: " + why, hint};
}

// A TLS alert has the same reason for several causes: the causes are added.
std::string HttpConnection::why_refused(const error_code& error) const {
  if (!is_tls_refusal(error)) return error.message();
  return error.message() + (tls_->files().by_secret() ? "; its secret is another one, or it has none"
                                                      : "; it does not accept this side's certificate, or uses none");
}

void HttpConnection::make_handshake(std::chrono::milliseconds timeout) {
  error_code error;
  socket_->stream.expires_after(timeout);
  socket_->stream.async_handshake(tls_->current(), TlsEngine::Side::client, host_,
                                  [&](const error_code& result) { error = result; });
  socket_->finish();
  if (error == beast::error::timeout)
    throw handshake_error("it did not end the handshake within " + std::to_string(timeout.count()) + " ms");
  if (error) throw handshake_error(why_refused(error));
}

void HttpConnection::send_get(const std::string& target, std::chrono::milliseconds timeout) {
  http::request<http::empty_body> request(http::verb::get, target, 11);
  request.set(http::field::host, host_);
  request.set(http::field::user_agent, agent_product());
  error_code error;
  socket_->stream.expires_after(timeout);
  http::async_write(socket_->stream, request, [&](const error_code& result, std::size_t) { error = result; });
  socket_->finish();
  if (error)
    throw failed("cannot send a request to " + where_ + ": " + error.message(),
                 "the peer went away; it is tried again");
}

std::size_t HttpConnection::read_some(char* buffer, std::size_t size, std::chrono::milliseconds timeout) {
  error_code error;
  std::size_t bytes = 0;
  socket_->stream.stalls_after(timeout);
  socket_->stream.async_read_some(asio::buffer(buffer, size), [&](const error_code& result, std::size_t n) {
    error = result;
    bytes = n;
  });
  socket_->finish();
  // A server that speaks TLS answers plain HTTP with an alert.
  if (!tls_ && !std::exchange(socket_->answered, true) && bytes > 0 && buffer[0] == tls_alert_record)
    throw handshake_error("it speaks TLS");
  if (!error) return bytes;
  if (is_tls_refusal(error)) throw handshake_error(why_refused(error));
  if (error == asio::error::eof) return 0;
  if (error == beast::error::timeout)
    throw StallError(
        "no byte came from " + where_ + " for " + std::to_string(timeout.count()) + " ms: the transfer stalled",
        "look at the donor and the network; --stall-timeout says how long to bear it");
  throw failed("the connection to " + where_ + " broke: " + error.message(), "look at the donor's log");
}

HttpAnswer http_get(const std::string& host, std::uint16_t port, const std::string& target,
                    std::chrono::milliseconds timeout, const Tls& tls, const std::string& lookup) {
  HttpConnection connection(host, port, timeout, tls, lookup);
  connection.send_get(target, timeout);
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  parser.body_limit(1 << 20);
  std::string pending;
  // The whole answer must arrive within `timeout`: a peer that sends a byte now and then must not hold the caller.
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (!parser.is_done()) {
    char buffer[16 * 1024];
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    const std::size_t n = connection.read_some(buffer, sizeof buffer, std::max(left, std::chrono::milliseconds(1)));
    error_code error;
    if (n == 0) {
      // Beast asserts that at least one byte came before the end.
      if (parser.got_some()) parser.put_eof(error);
    } else {
      pending.append(buffer, n);
      while (!error && !pending.empty() && !parser.is_done())
        pending.erase(0, parser.put(asio::buffer(pending), error));
      if (error == http::error::need_more) error = {};
    }
    if (error || (n == 0 && !parser.is_done()))
      throw failed("the answer of " + connection.where() + " to " + target + " is not HTTP: " + error.message(),
                   "check that mysql-agent's sidecar listens there");
  }
  return {parser.get().result_int(), parser.get().body()};
}

}  // namespace mysql_agent
