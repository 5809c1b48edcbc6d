#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/base/file.hpp"
#include "common/net/tls_engine.hpp"

namespace mysql_agent::test {

/// TLS over a blocking socket.
class RawTls {
 public:
  RawTls(int fd, const Tls& tls, TlsEngine::Side side, const std::string& host = "");
  bool handshake();  ///< false: the handshake failed
  /// Reads between 1 and `size` bytes. 0: the connection has ended, or is broken.
  std::size_t read(char* to, std::size_t size);
  void write(const std::string& text);
  void close();

 private:
  bool receive();
  void send();

  int fd_;
  TlsEngine engine_;
};

/// A client that can break the rules: it can ask for a clone, and read as little of it as the test wants.
class RawClient {
 public:
  /// Connects, by `tls` unless it is null, and sends `text`. Throws if nobody listens, or if the handshake fails.
  RawClient(const std::string& address, std::uint16_t port, const std::string& text, const Tls& tls = nullptr);

  /// Reads until `bytes` have arrived, the connection has ended, or no byte has arrived for `timeout`.
  std::string read(std::size_t bytes, std::chrono::milliseconds timeout = std::chrono::seconds(10));
  /// Reads the rest. Returns whether the other side has closed the connection.
  bool closed_within(std::chrono::milliseconds timeout);

 private:
  Fd fd_;
  std::unique_ptr<RawTls> tls_;
};

/// A server on one address, by `tls` unless it is null. It sends the bytes that `answer` gives for the target of a
/// request, and closes the connection. If the bytes end in a NUL byte, the NUL byte is left out, and the connection
/// stays open: a stall.
class RawServer {
 public:
  using Answer = std::function<std::string(const std::string& target)>;
  /// The time to wait before each 1,000 bytes of an answer.
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
