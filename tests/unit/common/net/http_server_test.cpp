#include "common/net/http_server.hpp"

#include <catch2/catch.hpp>

#include "common/base/defaults.hpp"

using namespace mysql_agent;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// The address that a server at all addresses sees of a client that connects to `address`; empty: it cannot connect.
std::string client_seen(const char* address) {
  asio::io_context io;
  tcp::acceptor acceptor = listen_on(io, defaults::all_addresses, 0);
  tcp::socket client(io);
  boost::system::error_code error;
  client.connect({asio::ip::make_address(address), acceptor.local_endpoint().port()}, error);
  return error ? "" : client_address(acceptor.accept());
}

bool has_ipv6() {
  asio::io_context io;
  tcp::acceptor acceptor(io);
  boost::system::error_code error;
  acceptor.open(tcp::v6(), error);
  if (!error) acceptor.bind({asio::ip::make_address("::1"), 0}, error);
  return !error;
}

}  // namespace

TEST_CASE("all addresses are those of both families, and a client by IPv4 keeps its address") {
  CHECK(client_seen("127.0.0.1") == "127.0.0.1");
  if (has_ipv6()) CHECK(client_seen("::1") == "::1");
}
