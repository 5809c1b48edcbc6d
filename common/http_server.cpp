#include "common/http_server.hpp"

#include <memory>

#include "common/error.hpp"
#include "common/log.hpp"

namespace mysql_agent {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t header_bytes = 8 * 1024;
constexpr std::chrono::seconds header_timeout{10};
constexpr std::size_t max_connections = 64;

HttpRequest to_request(const http::request<http::empty_body>& message) {
  const std::string target(message.target());
  const std::size_t mark = target.find('?');
  HttpRequest request;
  request.method = message.method();
  request.path = target.substr(0, mark);
  if (mark != std::string::npos) request.query = target.substr(mark + 1);
  return request;
}

asio::awaitable<void> serve_one(tcp::socket socket, HttpHandler handler, std::shared_ptr<std::size_t> connections) {
  beast::tcp_stream stream(std::move(socket));
  try {
    beast::flat_buffer buffer(header_bytes);
    http::request_parser<http::empty_body> parser;
    parser.header_limit(header_bytes);
    stream.expires_after(header_timeout);
    co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
    const HttpRequest request = to_request(parser.get());
    if (request.method == http::verb::get) {
      co_await handler(stream, request);
    } else {
      HttpReply reply;
      reply.status = http::status::method_not_allowed;
      reply.body = "only GET is served here\n";
      co_await send_reply(stream, reply);
    }
  } catch (const std::exception& error) {
    // A client that goes away or talks nonsense is its own trouble, and no reason to fill the log.
    log_event(LogLevel::debug, "http", "dropped a connection", {{"error", error.what()}});
  }
  error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  --*connections;
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

asio::awaitable<void> serve_http(tcp::acceptor& acceptor, HttpHandler handler) {
  const auto connections = std::make_shared<std::size_t>(0);
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
    if (*connections >= max_connections) continue;  // the socket closes here
    ++*connections;
    asio::co_spawn(acceptor.get_executor(), serve_one(std::move(socket), handler, connections), asio::detached);
  }
}

asio::awaitable<void> send_reply(beast::tcp_stream& stream, const HttpReply& reply) {
  http::response<http::string_body> message(reply.status, 11, reply.body);
  message.set(http::field::server, "mysql-agent/" MYSQL_AGENT_VERSION);
  message.set(http::field::content_type, reply.content_type);
  if (reply.retry_after_seconds > 0) message.set(http::field::retry_after, std::to_string(reply.retry_after_seconds));
  message.keep_alive(false);
  message.prepare_payload();
  stream.expires_after(header_timeout);
  co_await http::async_write(stream, message, asio::use_awaitable);
}

}  // namespace mysql_agent
