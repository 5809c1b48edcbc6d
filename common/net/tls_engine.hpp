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

/// Why TLS failed. The messages of its codes are a small number of sentences about the other side, so that they can be
/// counted.
enum class TlsError {
  closed = 1,           ///< the connection ended before the handshake did
  cut,                  ///< it ended after that, without TLS's own end
  not_tls,              ///< what came is no TLS
  old_version,          ///< TLS 1.2 or older
  other_secret,         ///< it has another secret than this side
  no_secret,            ///< it has none
  certificate_instead,  ///< it has a certificate where it should have the secret
  no_certificate,       ///< it has none
  // Other numbers hold what X.509, TLS or OpenSSL say: see tls_engine.cpp.
};
boost::system::error_code make_error_code(TlsError error);
/// Whether the other side sent an alert: it does not accept this one.
bool is_tls_refusal(const boost::system::error_code& error);

/// How a TLS record begins that is not data: what each side sends first, and how it says no.
constexpr char tls_handshake_record = 0x16;
constexpr char tls_alert_record = 0x15;

/// One side of a TLS connection without its socket: what came from the other side goes in, what is for it comes out.
/// The owner reads from its socket into input_space(), says how much `came` (or that the end did), calls the step that
/// it wants, sends output() and says how much of it has `left`. What TLS does not like is an error of that step, and
/// never thrown.
class TlsEngine {
 public:
  enum class Side { client, server };
  /// `host`: what a client connects to, a name or an address; by certificates it must not be empty. Throws
  /// std::bad_alloc.
  TlsEngine(std::shared_ptr<TlsContext> context, Side side, const std::string& host = "");
  ~TlsEngine();
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;

  // Each of these goes as far as it can; false, or 0, without an error says that it needs more input. After each of
  // them there may be output, after an error too: the alert that tells the other side.
  bool handshake(boost::system::error_code& error);
  std::size_t read(char* to, std::size_t size,
                   boost::system::error_code& error);  ///< asio::error::eof at TLS's own end
  void write(const char* from, std::size_t size, boost::system::error_code& error);
  void close();  ///< says TLS's own end

  boost::asio::mutable_buffer input_space();
  void came(std::size_t bytes) { input_end_ += bytes; }
  void came_end() { ended_ = true; }
  boost::asio::const_buffer output() const {
    return boost::asio::buffer(output_.data() + output_left_, output_.size() - output_left_);
  }
  void left(std::size_t bytes);

  /// AES-GCM is good for some 380 GB under one key (RFC 8446, 5.5): the sender takes a new one after so many bytes.
  std::uint64_t bytes_for_one_key = std::uint64_t{64} << 30;
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
  std::size_t output_left_ = 0;
  std::uint64_t bytes_with_key_ = 0;
  std::uint64_t keys_taken_ = 0;
};

}  // namespace mysql_agent

template <>
struct boost::system::is_error_code_enum<mysql_agent::TlsError> : std::true_type {};
