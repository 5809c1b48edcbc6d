#include "common/net/http_server.hpp"

#include <list>
#include <memory>

#include "common/base/error.hpp"
#include "common/base/log.hpp"
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
constexpr std::size_t max_unasked = 64;
constexpr std::size_t max_answers = 64;

// What the connections of one port share.
struct Connections {
  std::list<PeerStream*> unasked;  // have not said yet what they want; the oldest first
  std::size_t answers = 0;
  std::shared_ptr<Refusals> refusals{};
};

// Its place among the unasked, as long as it lives.
class Unasked {
 public:
  Unasked(std::list<PeerStream*>& all, PeerStream& stream) : all_(all), at_(all.insert(all.end(), &stream)) {
    if (all_.size() > max_unasked) all_.front()->close();
  }
  ~Unasked() { all_.erase(at_); }
  Unasked(const Unasked&) = delete;
  Unasked& operator=(const Unasked&) = delete;

 private:
  std::list<PeerStream*>& all_;
  const std::list<PeerStream*>::iterator at_;
};

// Why the other side is refused; empty where it has proven itself. Throws where it said nothing.
asio::awaitable<std::string> shake_hands(PeerStream& stream, std::shared_ptr<TlsContext> tls) {
  error_code error;
  stream.expires_after(handshake_timeout);
  co_await stream.async_handshake(std::move(tls), TlsEngine::Side::server, "",
                                  asio::redirect_error(asio::use_awaitable, error));
  if (error == asio::error::eof) throw boost::system::system_error(error);
  if (error == asio::error::operation_aborted) co_return "too many at once did not end the handshake";
  if (error == beast::error::timeout) co_return "it did not end the handshake in time";
  co_return error ? error.message() : "";
}

asio::awaitable<HttpRequest> read_request(PeerStream& stream) {
  beast::flat_buffer buffer(RequestParser::header_bytes);
  RequestParser parser;
  stream.expires_after(header_timeout);
  error_code error;
  co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
  if (!error) co_return parser.request();
  const bool tls_came =
      !stream.is_tls() && buffer.size() > 0 && *static_cast<const char*>(buffer.data().data()) == tls_handshake_record;
  if (tls_came) {
    HttpReply reply;
    reply.status = http::status::bad_request;
    reply.body = "plain HTTP is spoken here\n";
    co_await send_reply(stream, reply);
  }
  throw boost::system::system_error(error);
}

asio::awaitable<void> answer(PeerStream& stream, const HttpHandler& handler, const HttpRequest& request) {
  if (request.method == http::verb::get) {
    co_await handler(stream, request);
    co_return;
  }
  HttpReply reply;
  reply.status = http::status::method_not_allowed;
  reply.body = "only GET is served here\n";
  co_await send_reply(stream, reply);
}

asio::awaitable<void> serve_one(tcp::socket socket, HttpHandler handler, std::shared_ptr<TlsContext> tls,
                                std::shared_ptr<Connections> all) {
  error_code ignored;
  const std::string from = socket.remote_endpoint(ignored).address().to_string();
  PeerStream stream(std::move(socket));
  try {
    HttpRequest request;
    {
      const Unasked place(all->unasked, stream);
      if (tls) {
        const std::string refusal = co_await shake_hands(stream, std::move(tls));
        if (!refusal.empty()) {
          all->refusals->add(refusal, from);
          co_return;
        }
      }
      request = co_await read_request(stream);
    }
    if (all->answers >= max_answers) co_return;  // the socket closes here
    ++all->answers;
    const std::shared_ptr<void> one(nullptr, [all](void*) { --all->answers; });
    co_await answer(stream, handler, request);
    stream.expires_after(header_timeout);
    co_await stream.async_close(asio::redirect_error(asio::use_awaitable, ignored));
  } catch (const std::exception& error) {
    // A client that goes away or talks nonsense is its own trouble, and no reason to fill the log.
    log_event(LogLevel::debug, "http", "dropped a connection", {{"error", error.what()}});
  }
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace

tcp::acceptor listen_on(asio::io_context& io, std::string address, std::uint16_t port) {
  const std::string where = address + ":" + std::to_string(port);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  try {
    const tcp::endpoint endpoint(asio::ip::make_address(address), port);
    tcp::acceptor acceptor(io, endpoint.protocol());
    // A restarted pod's old connections must not keep it from its port.
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen();
    return acceptor;
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
      // Out of descriptors or the like: without a pause this loop would spin.
      asio::steady_timer pause(acceptor.get_executor(), std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    asio::co_spawn(acceptor.get_executor(),
                   serve_one(std::move(socket), handler, tls ? tls->current() : nullptr, connections), asio::detached);
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
