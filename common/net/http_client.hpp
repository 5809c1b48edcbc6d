#pragma once

#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "common/base/error.hpp"
#include "common/net/tls.hpp"

namespace mysql_agent {

/// Why a connection could not be made. The decision table of clone-mysql tells these apart.
enum class ConnectFailure {
  unknown_name,  ///< DNS says that the name does not exist (NXDOMAIN) or has no address
  refused,       ///< the host exists, and nothing listens on the port
  other,         ///< no route, a time-out, or a failure of DNS: nothing is known about the host
};

/// A connection could not be made, or a name could not be resolved.
class ConnectError : public Error {
 public:
  ConnectError(ConnectFailure failure, const std::string& what, const std::string& hint)
      : Error(ExitCode::failed, what, hint), failure_(failure) {}
  ConnectFailure failure() const { return failure_; }

 private:
  ConnectFailure failure_;
};

/// The peer answers, and one side could not prove itself: the two sides have different secrets, certificates or
/// security modes.
class HandshakeError : public Error {
 public:
  HandshakeError(const std::string& what, const std::string& hint) : Error(ExitCode::failed, what, hint) {}
};

/// No byte arrived within the time that was given.
class StallError : public Error {
 public:
  StallError(const std::string& what, const std::string& hint) : Error(ExitCode::failed, what, hint) {}
};

/// Whether `host` is an IPv4 or IPv6 address, and not a name.
bool is_literal_address(const std::string& host);

/// Whether a name resolves. Throws ConnectError (ConnectFailure::other) if DNS gives no sure answer.
bool name_resolves(const std::string& host);

/// A blocking connection for one request, plain or by TLS, with a time limit on each step. Its functions throw failed,
/// with the peer and the cause.
class HttpConnection {
 public:
  /// Connects; `tls` may be null, for plain HTTP. `timeout` bounds each address that is tried, and then the handshake.
  /// Throws ConnectError or HandshakeError. Nothing is sent to a peer that has not proven itself.
  /// `lookup` is the full name of `host` for DNS; empty: `host` itself.
  HttpConnection(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout, const Tls& tls,
                 const std::string& lookup = "");
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// Sends `GET target`.
  void send_get(const std::string& target, std::chrono::milliseconds timeout);
  /// Reads between 1 and `size` bytes; returns 0 at the end of the connection. Throws StallError if no byte arrives
  /// within `timeout`. Throws HandshakeError too: in TLS 1.3 a server that refuses the client says so only after the
  /// client has ended its handshake.
  std::size_t read_some(char* buffer, std::size_t size, std::chrono::milliseconds timeout);
  std::string where() const { return where_; }  ///< `host:port`, for people

 private:
  struct Socket;
  void make_handshake(std::chrono::milliseconds timeout);
  HandshakeError handshake_error(const std::string& why) const;
  std::string why_refused(const boost::system::error_code& error) const;

  std::unique_ptr<Socket> socket_;
  Tls tls_;
  std::string host_;
  std::string where_;
};

/// The answer to a request.
struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

/// Sends `GET target` and reads the whole answer, at most 1 MiB. `timeout` bounds each of four steps: connecting, the
/// handshake, the request, the answer. Throws ConnectError, HandshakeError, StallError or failed. `lookup` is as in
/// HttpConnection.
HttpAnswer http_get(const std::string& host, std::uint16_t port, const std::string& target,
                    std::chrono::milliseconds timeout, const Tls& tls, const std::string& lookup = "");

}  // namespace mysql_agent
