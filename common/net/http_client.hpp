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

/// Why a connection could not be made: the decision table tells these apart.
enum class ConnectFailure {
  unknown_name,  ///< DNS says surely that there is no such name (NXDOMAIN, or no address)
  refused,       ///< the host is there, nobody listens
  other,         ///< no route, time-out, DNS out of order: nothing is known
};

class ConnectError : public Error {
 public:
  ConnectError(ConnectFailure failure, const std::string& what, const std::string& hint)
      : Error(ExitCode::failed, what, hint), failure_(failure) {}
  ConnectFailure failure() const { return failure_; }

 private:
  ConnectFailure failure_;
};

/// Somebody is there, and could not be made sure of: the two sides have different secrets, certificates or security
/// modes.
class HandshakeError : public Error {
 public:
  HandshakeError(const std::string& what, const std::string& hint) : Error(ExitCode::failed, what, hint) {}
};

/// No byte came for the time that was given.
class StallError : public Error {
 public:
  StallError(const std::string& what, const std::string& hint) : Error(ExitCode::failed, what, hint) {}
};

/// Whether a host is an address and no name.
bool is_literal_address(const std::string& host);

/// Whether a name resolves. Throws ConnectError::other where DNS gives no sure answer.
bool name_resolves(const std::string& host);

/// One blocking connection, by TLS or plain, with a time limit on each step. It throws failed, saying the peer and the
/// cause.
class HttpConnection {
 public:
  /// Throws ConnectError, or HandshakeError. Nothing is sent to a peer that has not proven itself.
  HttpConnection(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout, const Tls& tls);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// Sends `GET target`.
  void send_get(const std::string& target, std::chrono::milliseconds timeout);
  /// Between 1 and `size` bytes; 0 at the end of the connection. Nothing for `timeout` is a StallError. Throws
  /// HandshakeError too: a server that does not accept this side says so only after the client's end of the handshake.
  std::size_t read_some(char* buffer, std::size_t size, std::chrono::milliseconds timeout);
  std::string where() const { return where_; }

 private:
  struct Socket;
  void shake_hands(std::chrono::milliseconds timeout);
  HandshakeError handshake_error(const std::string& why) const;
  std::string why_refused(const boost::system::error_code& error) const;

  std::unique_ptr<Socket> socket_;
  Tls tls_;
  std::string host_;
  std::string where_;
};

struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

/// `GET target`, and the whole answer, of at most 1 MiB; each step takes at most `timeout`: connecting, the handshake,
/// the request, the answer. Throws ConnectError, HandshakeError or failed.
HttpAnswer http_get(const std::string& host, std::uint16_t port, const std::string& target,
                    std::chrono::milliseconds timeout, const Tls& tls);

}  // namespace mysql_agent
