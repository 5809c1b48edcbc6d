#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/net/tls.hpp"

using SSL = struct ssl_st;

namespace mysql_agent {

/// Why TLS failed. There are few different messages, each about the other side, so that Refusals can count them.
enum class TlsError {
  closed = 1,           ///< the connection ended before the end of the handshake
  cut,                  ///< the connection ended after the handshake, without TLS's end mark
  not_tls,              ///< the other side does not speak TLS
  old_version,          ///< the other side speaks TLS 1.2 or older
  other_secret,         ///< the other side has another secret
  no_secret,            ///< the other side has no secret
  certificate_instead,  ///< the other side has a certificate, and should have the secret
  no_certificate,       ///< the other side has no certificate
  // The error_code can also have numbers of X.509, TLS or OpenSSL: see tls_engine.cpp.
};
boost::system::error_code make_error_code(TlsError error);
/// Whether the other side sent an alert, that is, refused this side.
bool is_tls_refusal(const boost::system::error_code& error);

/// The first byte of the TLS record that each side sends first, and of the record that refuses the other side (RFC
/// 8446, 5.1).
constexpr char tls_handshake_record = 0x16;
constexpr char tls_alert_record = 0x15;

/// One side of a TLS connection, without the socket. The owner of the engine has the socket, and repeats this:
///   - read from the socket into input_space(), then call input_arrived, or input_ended at the end of the connection;
///   - call the function that it wants: handshake, read, write or close;
///   - write output() to the socket, then call output_sent.
/// A failure of TLS is an error code of that function, and is never thrown.
class TlsEngine {
 public:
  enum class Side { client, server };
  /// `host` is the name or the address that a client connects to. It must not be empty for a client with certificates:
  /// the server's certificate must have it. Throws std::bad_alloc.
  TlsEngine(std::shared_ptr<TlsContext> context, Side side, const std::string& host = "");
  ~TlsEngine();
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;

  // After each of these four there may be output. After an error the output is the alert for the other side.

  /// Goes on with the handshake. True: it is done. False without an error: it needs more input.
  bool handshake(boost::system::error_code& error);
  /// Decrypts up to `size` bytes. 0 without an error: it needs more input. asio::error::eof at TLS's end mark.
  std::size_t read(char* to, std::size_t size, boost::system::error_code& error);
  /// Encrypts `size` bytes into the output.
  void write(const char* from, std::size_t size, boost::system::error_code& error);
  /// Adds TLS's end mark (close_notify) to the output.
  void close();

  /// Where the owner puts input. Never empty while a function needs more input.
  boost::asio::mutable_buffer input_space();
  void input_arrived(std::size_t bytes) { input_end_ += bytes; }
  void input_ended() { ended_ = true; }
  boost::asio::const_buffer output() const {
    return boost::asio::buffer(output_.data() + output_sent_, output_.size() - output_sent_);
  }
  /// The first `bytes` of output() were sent.
  void output_sent(std::size_t bytes);

  /// The sender takes a new key after this many bytes. AES-GCM is safe for about 380 GB under one key (RFC 8446, 5.5).
  std::uint64_t bytes_for_one_key = std::uint64_t{64} << 30;
  /// How often this side has taken a new key.
  std::uint64_t keys_taken() const { return keys_taken_; }

 private:
  friend struct EngineBio;
  boost::system::error_code failure(int result);

  const std::shared_ptr<TlsContext> context_;
  const Side side_;
  SSL* ssl_ = nullptr;
  bool handshaken_ = false;
  bool ended_ = false;
  bool seen_record_ = false;
  boost::system::error_code failure_to_come_;
  std::vector<char> input_;
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  std::vector<char> output_;
  std::size_t output_sent_ = 0;
  std::uint64_t bytes_with_key_ = 0;
  std::uint64_t keys_taken_ = 0;
};

}  // namespace mysql_agent

template <>
struct boost::system::is_error_code_enum<mysql_agent::TlsError> : std::true_type {};
