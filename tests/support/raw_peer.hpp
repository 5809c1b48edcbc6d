#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/base/file.hpp"
#include "common/net/tls_engine.hpp"

namespace mysql_agent::test {

/// TLS over a socket that blocks.
class RawTls {
 public:
  RawTls(int fd, const Tls& tls, TlsEngine::Side side, const std::string& host = "");
  bool handshake();  ///< false where it failed
  /// Between 1 and `size` bytes; 0 at the end, or where it broke.
  std::size_t read(char* to, std::size_t size);
  void write(const std::string& text);
  void close();

 private:
  bool receive();
  void send();

  int fd_;
  TlsEngine engine_;
};

/// A client that does not play fair: it asks for a clone and reads as much as it likes.
class RawClient {
 public:
  /// Connects, by TLS where it is given, and sends `text`. Throws where nobody listens, or where the handshake fails.
  RawClient(const std::string& address, std::uint16_t port, const std::string& text, const Tls& tls = nullptr);

  /// Reads until `bytes` have come, the connection ended, or nothing came for `timeout`.
  std::string read(std::size_t bytes, std::chrono::milliseconds timeout = std::chrono::seconds(10));
  /// Whether the other side has closed: reads all that is left.
  bool closed_within(std::chrono::milliseconds timeout);

 private:
  Fd fd_;
  std::unique_ptr<RawTls> tls_;
};

/// Listens on one address and answers each connection's request with what `answer` gives for its target, as it is;
/// then closes; by TLS where it is given. An answer that ends in a NUL byte is sent without it, and the connection
/// stays open: a stall.
class RawServer {
 public:
  using Answer = std::function<std::string(const std::string& target)>;
  /// How long to wait before each 1,000 bytes of an answer.
  using Pause = std::function<std::chrono::milliseconds(const std::string& answer)>;
  RawServer(const std::string& address, std::uint16_t port, Answer answer, const Tls& tls = nullptr, Pause pause = {});
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

 private:
  struct Threads;
  Fd listener_;
  std::unique_ptr<Threads> threads_;
};

}  // namespace mysql_agent::test
