#include "common/net/http_server.hpp"

#include <list>
#include <memory>
#include <optional>

#include "common/base/component.hpp"
#include "common/base/defaults.hpp"
#include "common/base/error.hpp"
#include "common/base/log.hpp"
#include "common/base/scope_guard.hpp"
#include "common/base/version.hpp"

namespace mysql_agent {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds header_timeout{10};
constexpr std::chrono::seconds handshake_timeout{10};
constexpr std::size_t max_silent = 64;
constexpr std::size_t max_answers = 64;

// The state that the connections of one port share.
struct Connections {
  std::list<PeerStream*> silent;  // connections whose request is not complete yet; the oldest first
  std::size_t answers = 0;        // requests that are being answered
  std::shared_ptr<Refusals> refusals{};
};

// Lists the connection as silent until the guard is destroyed. If too many connections are silent, closes the oldest.
auto list_as_silent(std::list<PeerStream*>& silent, PeerStream& stream) {
  const auto place = silent.insert(silent.end(), &stream);
  if (silent.size() > max_silent) silent.front()->close();
  return ScopeGuard([&silent, place] { silent.erase(place); });
}

// Counts a request that is being answered until the guard is destroyed.
auto count_answer(std::shared_ptr<Connections> connections) {
  ++connections->answers;
  return ScopeGuard([connections] { --connections->answers; });
}

// Makes the TLS handshake. Returns why the client is refused; nullopt: the client has proven itself. Throws if the
// client closed the connection before it sent anything: such a client only looked whether somebody listens.
asio::awaitable<std::optional<std::string>> refusal_in_handshake(PeerStream& stream, std::shared_ptr<TlsContext> tls) {
  error_code error;
  stream.expires_after(handshake_timeout);
  co_await stream.async_handshake(std::move(tls), TlsEngine::Side::server, "",
                                  asio::redirect_error(asio::use_awaitable, error));
  if (error == asio::error::eof) throw boost::system::system_error(error);
  if (error == asio::error::operation_aborted) co_return "too many at once did not end the handshake";
  if (error == beast::error::timeout) co_return "it did not end the handshake in time";
  if (error) co_return error.message();
  co_return std::nullopt;
}

asio::awaitable<HttpRequest> read_request(PeerStream& stream) {
  beast::flat_buffer buffer(RequestParser::header_bytes);
  RequestParser parser;
  stream.expires_after(header_timeout);
  error_code error;
  co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
  if (!error) co_return parser.request();
  const bool client_speaks_tls =
      !stream.is_tls() && buffer.size() > 0 && *static_cast<const char*>(buffer.data().data()) == tls_handshake_record;
  if (client_speaks_tls) {
    const HttpReply reply{.status = http::status::bad_request, .body = "plain HTTP is spoken here\n"};
    co_await send_reply(stream, reply);
  }
  throw boost::system::system_error(error);
}

asio::awaitable<void> answer(PeerStream& stream, const HttpHandler& handler, const HttpRequest& request) {
  if (request.method == http::verb::get) {
    co_await handler(stream, request);
    co_return;
  }
  const HttpReply reply{.status = http::status::method_not_allowed, .body = "only GET is served here\n"};
  co_await send_reply(stream, reply);
}

asio::awaitable<void> serve_connection(tcp::socket socket, HttpHandler handler, std::shared_ptr<TlsContext> tls,
                                       std::shared_ptr<Connections> connections) {
  error_code ignored;
  const std::string from = client_address(socket);
  PeerStream stream(std::move(socket));
  try {
    HttpRequest request;
    {
      const auto place = list_as_silent(connections->silent, stream);
      if (tls) {
        const std::optional<std::string> refusal = co_await refusal_in_handshake(stream, std::move(tls));
        if (refusal) {
          connections->refusals->add(*refusal, from);
          co_return;
        }
      }
      request = co_await read_request(stream);
    }
    if (connections->answers >= max_answers) co_return;  // the socket closes here
    const auto counted = count_answer(connections);
    co_await answer(stream, handler, request);
    stream.expires_after(header_timeout);
    co_await stream.async_close(asio::redirect_error(asio::use_awaitable, ignored));
  } catch (const std::exception& error) {
    // The client went away, or sent nonsense. Such clients must not fill the log.
    log_event(LogLevel::debug, component::http, "dropped a connection", {{"error", error.what()}});
  }
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace

std::string client_address(const tcp::socket& socket) {
  error_code ignored;
  const asio::ip::address address = socket.remote_endpoint(ignored).address();
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address.to_string();
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
}

namespace {

tcp::acceptor listen_at(asio::io_context& io, const tcp::endpoint& endpoint, bool both_families) {
  tcp::acceptor acceptor(io, endpoint.protocol());
  // Old connections must not keep a pod that was restarted from its port.
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  // Whatever net.ipv6.bindv6only says.
  if (both_families) acceptor.set_option(asio::ip::v6_only(false));
  acceptor.bind(endpoint);
  acceptor.listen();
  return acceptor;
}

// A kernel without IPv6 has no such sockets, or no such addresses (net.ipv6.conf.all.disable_ipv6).
bool has_no_ipv6(const error_code& error) {
  return error == asio::error::address_family_not_supported || error == boost::system::errc::address_not_available;
}

tcp::acceptor listen_at_all(asio::io_context& io, std::uint16_t port) {
  try {
    return listen_at(io, tcp::endpoint(tcp::v6(), port), true);
  } catch (const boost::system::system_error& error) {
    if (!has_no_ipv6(error.code())) throw;
  }
  return listen_at(io, tcp::endpoint(tcp::v4(), port), false);
}

}  // namespace

tcp::acceptor listen_on(asio::io_context& io, std::string address, std::uint16_t port) {
  const std::string where = address + ":" + std::to_string(port);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  try {
    if (address == defaults::all_addresses) return listen_at_all(io, port);
    return listen_at(io, tcp::endpoint(asio::ip::make_address(address), port), false);
  } catch (const boost::system::system_error& error) {
    throw usage_error("cannot listen on " + where + ": " + error.code().message(),
                      "choose a free port and an address of this host");
  }
}

asio::awaitable<void> serve_http(tcp::acceptor& acceptor, HttpHandler handler, Tls tls,
                                 std::shared_ptr<Refusals> refusals) {
  const auto connections = std::make_shared<Connections>();
  connections->refusals = std::move(refusals);
  while (acceptor.is_open()) {
    error_code error;
    tcp::socket socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (!acceptor.is_open()) co_return;
    if (error) {
      // The process has no free descriptor, or the like. Without a pause this loop would spin.
      asio::steady_timer pause(acceptor.get_executor(), std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    asio::co_spawn(acceptor.get_executor(),
                   serve_connection(std::move(socket), handler, tls ? tls->current() : nullptr, connections),
                   asio::detached);
  }
}

asio::awaitable<void> send_reply(PeerStream& stream, const HttpReply& reply) {
  http::response<http::string_body> message(reply.status, 11, reply.body);
  message.set(http::field::server, agent_product());
  message.set(http::field::content_type, reply.content_type);
  if (reply.retry_after_seconds > 0) message.set(http::field::retry_after, std::to_string(reply.retry_after_seconds));
  message.keep_alive(false);
  message.prepare_payload();
  stream.expires_after(header_timeout);
  co_await http::async_write(stream, message, asio::use_awaitable);
}

}  // namespace mysql_agent
