#include "common/net/tls_engine.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstring>
#include <new>
#include <utility>

namespace mysql_agent {

using boost::system::error_code;

namespace {

// A client, the recipient, gets a whole clone. A server, the donor, gets one request on each connection.
constexpr std::size_t client_input_bytes = 256 * 1024;
constexpr std::size_t server_input_bytes = 4 * 1024;

// Error codes that are not in TlsError are a base plus the number of X.509, TLS or OpenSSL.
constexpr int certificate_refused = 1000;
constexpr int alert_came = 2000;
constexpr int openssl_failed = 3000;
constexpr int alert_reason = 1000;  // SSL_AD_REASON_OFFSET: OpenSSL adds it to the number of an alert

// The alert handshake_failure, fatal. A client that does not speak TLS can still recognise it (HttpConnection does).
constexpr std::string_view handshake_failure("\x15\x03\x03\x00\x02\x02\x28", 7);

class TlsCategory : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "tls"; }
  std::string message(int value) const override {
    if (value >= openssl_failed)
      return sentence("TLS failed: ", ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, value - openssl_failed)));
    if (value >= alert_came) return sentence("it refused this side: ", SSL_alert_desc_string_long(value - alert_came));
    if (value >= certificate_refused)
      return sentence("its certificate is not accepted: ", X509_verify_cert_error_string(value - certificate_refused));
    switch (static_cast<TlsError>(value)) {
      case TlsError::closed: return "it closed the connection before the handshake was done";
      case TlsError::cut: return "the connection was cut";
      case TlsError::not_tls: return "it does not speak TLS";
      case TlsError::old_version: return "it does not speak TLS 1.3";
      case TlsError::other_secret: return "it has another secret";
      case TlsError::no_secret: return "it has no secret";
      case TlsError::certificate_instead: return "it offers a certificate, and no proof that it has the secret";
      case TlsError::no_certificate: return "it has no certificate";
    }
    return "TLS failed";
  }

 private:
  static std::string sentence(const char* begin, const char* reason) {
    return begin + std::string(reason != nullptr ? reason : "unknown");
  }
};

const TlsCategory category;

error_code code(int value) {
  return {value, category};
}

}  // namespace

error_code make_error_code(TlsError error) {
  return code(static_cast<int>(error));
}

bool is_tls_refusal(const error_code& error) {
  return error.category() == category && error.value() >= alert_came && error.value() < openssl_failed;
}

// OpenSSL reads from the engine's input and writes to its output. OpenSSL's own memory BIO would copy once more each
// way, and clear what was read.
struct EngineBio {
  static int read(BIO* bio, char* to, int size) {
    auto& engine = *static_cast<TlsEngine*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const std::size_t n = std::min(static_cast<std::size_t>(size), engine.input_end_ - engine.input_begin_);
    if (n == 0) {
      BIO_set_retry_read(bio);
      return -1;
    }
    std::memcpy(to, engine.input_.data() + engine.input_begin_, n);
    engine.input_begin_ += n;
    return static_cast<int>(n);
  }
  static int write(BIO* bio, const char* from, int size) {
    auto& engine = *static_cast<TlsEngine*>(BIO_get_data(bio));
    engine.output_.insert(engine.output_.end(), from, from + size);
    return size;
  }
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* method() {
    static const std::shared_ptr<BIO_METHOD> method = [] {
      const std::shared_ptr<BIO_METHOD> made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "engine"),
                                             BIO_meth_free);
      BIO_meth_set_read(made.get(), read);
      BIO_meth_set_write(made.get(), write);
      BIO_meth_set_ctrl(made.get(), control);
      return made;
    }();
    return method.get();
  }
};

TlsEngine::TlsEngine(std::shared_ptr<TlsContext> context, Side side, const std::string& host)
    : context_(std::move(context)),
      side_(side),
      ssl_(SSL_new(context_->ssl.get())),
      input_(side == Side::client ? client_input_bytes : server_input_bytes) {
  BIO* const bio = BIO_new(EngineBio::method());
  if (ssl_ == nullptr || bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  if (side == Side::server) {
    SSL_set_accept_state(ssl_);
    return;
  }
  SSL_set_connect_state(ssl_);
  if (context_->by_secret) return;
  error_code not_an_address;
  boost::asio::ip::make_address(host, not_an_address);
  X509_VERIFY_PARAM* const verify = SSL_get0_param(ssl_);
  X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const int set = not_an_address ? X509_VERIFY_PARAM_set1_host(verify, host.data(), host.size())
                                 : X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str());
  // Without a name to check, any certificate of the CA would be accepted.
  if (host.empty() || set != 1) throw std::bad_alloc();
  if (not_an_address) SSL_set_tlsext_host_name(ssl_, host.c_str());
}

TlsEngine::~TlsEngine() {
  SSL_free(ssl_);
}

boost::asio::mutable_buffer TlsEngine::input_space() {
  if (input_begin_ == input_end_) input_begin_ = input_end_ = 0;
  return boost::asio::buffer(input_.data() + input_end_, input_.size() - input_end_);
}

void TlsEngine::output_sent(std::size_t bytes) {
  output_sent_ += bytes;
  if (output_sent_ < output_.size()) return;
  output_.clear();
  output_sent_ = 0;
}

error_code TlsEngine::failure(int result) {
  const int kind = SSL_get_error(ssl_, result);
  if (kind == SSL_ERROR_WANT_READ) {
    if (!ended_) return {};
    // A client that sends nothing only looked whether somebody listens.
    if (side_ == Side::server && !seen_record_) return boost::asio::error::eof;
    return handshaken_ ? TlsError::cut : TlsError::closed;
  }
  if (kind == SSL_ERROR_ZERO_RETURN) return boost::asio::error::eof;
  const unsigned long error = ERR_peek_error();  // the first error is the cause
  ERR_clear_error();
  const int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
  switch (reason) {
    case SSL_R_BINDER_DOES_NOT_VERIFY: return TlsError::other_secret;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return TlsError::no_certificate;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION: return TlsError::old_version;
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
      // This server has no certificate, and the client did not offer the secret.
      if (context_->by_secret && side_ == Side::server) return TlsError::no_secret;
      break;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      if (context_->by_secret) return TlsError::certificate_instead;
      return code(certificate_refused + static_cast<int>(SSL_get_verify_result(ssl_)));
    default: break;
  }
  if (reason > alert_reason && reason <= alert_reason + 255) return code(alert_came + reason - alert_reason);
  return code(openssl_failed + reason);
}

bool TlsEngine::handshake(error_code& error) {
  error = {};
  if (!seen_record_ && input_end_ > 0) {
    seen_record_ = true;
    const bool record = input_[0] == tls_handshake_record || (side_ == Side::client && input_[0] == tls_alert_record);
    if (!record) {
      if (side_ == Side::server) output_.assign(handshake_failure.begin(), handshake_failure.end());
      error = TlsError::not_tls;
      return false;
    }
  }
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result != 1) {
    error = failure(result);
    return false;
  }
  // A handshake by the secret continues a session, and has no certificate.
  if (context_->by_secret && SSL_session_reused(ssl_) != 1) {
    error = TlsError::certificate_instead;
    return false;
  }
  handshaken_ = true;
  return true;
}

std::size_t TlsEngine::read(char* to, std::size_t size, error_code& error) {
  error = std::exchange(failure_to_come_, {});
  std::size_t bytes = 0;
  while (bytes < size && !error) {
    ERR_clear_error();
    std::size_t n = 0;
    const int result = SSL_read_ex(ssl_, to + bytes, size - bytes, &n);
    bytes += n;
    if (result == 1) continue;
    error = failure(result);
    if (!error) break;
  }
  // The caller gets the bytes before the error first, and the error at the next call.
  if (bytes > 0) failure_to_come_ = std::exchange(error, {});
  return bytes;
}

void TlsEngine::write(const char* from, std::size_t size, error_code& error) {
  error = {};
  ERR_clear_error();
  if (bytes_with_key_ >= bytes_for_one_key) {
    // The other side is not asked for a new key too: a donor takes any byte from the recipient as its end.
    SSL_key_update(ssl_, SSL_KEY_UPDATE_NOT_REQUESTED);
    bytes_with_key_ = 0;
    ++keys_taken_;
  }
  std::size_t n = 0;
  if (size > 0 && SSL_write_ex(ssl_, from, size, &n) != 1) error = failure(0);
  bytes_with_key_ += n;
}

void TlsEngine::close() {
  ERR_clear_error();
  if (handshaken_) SSL_shutdown(ssl_);
  ERR_clear_error();
}

}  // namespace mysql_agent
