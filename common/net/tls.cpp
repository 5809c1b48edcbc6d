#include "common/net/tls.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <cstring>

#include "common/base/component.hpp"
#include "common/base/error.hpp"
#include "common/base/log.hpp"
#include "common/base/secret.hpp"

namespace mysql_agent {
namespace {

constexpr std::size_t shortest_secret = 32;
// key_label and identity are a part of the protocol: both sides must have the same.
constexpr std::string_view key_label = "mysql-agent clone port, TLS 1.3 pre-shared key, version 1";
constexpr std::string_view identity = "mysql-agent";
// A pre-shared key belongs to one hash, so that the cipher suite must have the same hash. With its default suites
// OpenSSL 3.0 would choose ChaCha20, which is slower.
constexpr const char* cipher_suite = "TLS_AES_128_GCM_SHA256";
constexpr std::array<unsigned char, 2> cipher_suite_number{0x13, 0x01};

std::string openssl_error() {
  // The first error in OpenSSL's queue is the cause; the later errors follow from it.
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  const char* const reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : "OpenSSL's error " + std::to_string(error);
}

void expect(bool good, const std::string& what) {
  if (!good)
    throw usage_error(what + ": " + openssl_error(), "check the files that --tls-cert, --tls-key and --tls-ca name");
}

SSL_SESSION* session_of(SSL* ssl) {
  const auto* const context = static_cast<const TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  SSL_SESSION* const session = SSL_SESSION_new();
  const SSL_CIPHER* const cipher = SSL_CIPHER_find(ssl, cipher_suite_number.data());
  if (session != nullptr && cipher != nullptr &&
      SSL_SESSION_set1_master_key(session, context->key.bytes.data(), context->key.bytes.size()) == 1 &&
      SSL_SESSION_set_cipher(session, cipher) == 1 && SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1 &&
      SSL_SESSION_set1_id_context(session, reinterpret_cast<const unsigned char*>(identity.data()), identity.size()) ==
          1)
    return session;
  SSL_SESSION_free(session);
  return nullptr;
}

// Called for a client: gives the identity and the key that it offers. OpenSSL frees the session.
int offer_key(SSL* ssl, const EVP_MD*, const unsigned char** id, std::size_t* id_size, SSL_SESSION** session) {
  *id = reinterpret_cast<const unsigned char*>(identity.data());
  *id_size = identity.size();
  *session = session_of(ssl);
  return *session != nullptr ? 1 : 0;
}

// Called for a server: finds the key of the identity that a client offers. For another identity there is no key; then
// the handshake fails, because the server has no certificate.
int find_key(SSL* ssl, const unsigned char* id, std::size_t id_size, SSL_SESSION** session) {
  *session = nullptr;
  if (id_size != identity.size() || std::memcmp(id, identity.data(), id_size) != 0) return 1;
  *session = session_of(ssl);
  return *session != nullptr ? 1 : 0;
}

void use_secret(TlsContext& context, const std::filesystem::path& path) {
  const Secret secret = read_secret_file(path);
  if (secret.reveal().size() < shortest_secret)
    throw usage_error("the secret in " + path.string() + " has " + std::to_string(secret.reveal().size()) +
                          " bytes, and needs " + std::to_string(shortest_secret),
                      "make one with: head -c 32 /dev/urandom | base64");
  derive_tls_key(secret.reveal(), context.key);
  SSL_CTX* const ssl = context.ssl.get();
  SSL_CTX_set_psk_use_session_callback(ssl, offer_key);
  SSL_CTX_set_psk_find_session_callback(ssl, find_key);
  // A peer with a certificate has not proven that it has the secret.
  SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(
      ssl, [](X509_STORE_CTX*, void*) { return 0; }, nullptr);
}

void use_certificates(SSL_CTX* ssl, const TlsFiles& files) {
  // A key with a passphrase is an error. OpenSSL would ask for the passphrase on the terminal.
  SSL_CTX_set_default_passwd_cb(ssl, [](char*, int, int, void*) { return -1; });
  expect(SSL_CTX_use_certificate_chain_file(ssl, files.certificate.c_str()) == 1,
         "cannot use the certificate " + files.certificate.string());
  expect(SSL_CTX_use_PrivateKey_file(ssl, files.key.c_str(), SSL_FILETYPE_PEM) == 1,
         "cannot use the key " + files.key.string());
  expect(SSL_CTX_check_private_key(ssl) == 1, "the key " + files.key.string() + " is not that of the certificate");
  expect(SSL_CTX_load_verify_locations(ssl, files.ca.c_str(), nullptr) == 1, "cannot use the CA " + files.ca.string());
  SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

std::shared_ptr<TlsContext> load(const TlsFiles& files) {
  ERR_clear_error();
  const auto context = std::make_shared<TlsContext>();
  context->by_secret = files.by_secret();
  context->ssl = {SSL_CTX_new(TLS_method()), SSL_CTX_free};
  SSL_CTX* const ssl = context->ssl.get();
  expect(ssl != nullptr, "cannot set TLS up");
  SSL_CTX_set_app_data(ssl, context.get());
  expect(SSL_CTX_set_min_proto_version(ssl, TLS1_3_VERSION) == 1 &&
             SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION) == 1 &&
             SSL_CTX_set_ciphersuites(ssl, cipher_suite) == 1,
         "cannot set TLS 1.3 up");
  // Tickets are off: a client could come back with a ticket, without a new proof. Options that openssl.cnf may have
  // changed are set here too. A key exchange without (EC)DHE would have no forward secrecy.
  SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_clear_options(ssl, SSL_OP_ALLOW_NO_DHE_KEX | SSL_OP_NO_ANTI_REPLAY | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_num_tickets(ssl, 0);
  // With SSL_VERIFY_PEER OpenSSL takes a pre-shared key only if its session has the connection's id context.
  SSL_CTX_set_session_id_context(ssl, reinterpret_cast<const unsigned char*>(identity.data()), identity.size());
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_early_data(ssl, 0);
  SSL_CTX_set_recv_max_early_data(ssl, 0);
  if (files.by_secret()) use_secret(*context, files.secret);
  else use_certificates(ssl, files);
  return context;
}

}  // namespace

TlsKey::~TlsKey() {
  OPENSSL_cleanse(bytes.data(), bytes.size());
}

void derive_tls_key(const std::string& secret, TlsKey& key) {
  const std::shared_ptr<EVP_KDF> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr), EVP_KDF_free);
  const std::shared_ptr<EVP_KDF_CTX> hkdf(EVP_KDF_CTX_new(kdf.get()), EVP_KDF_CTX_free);
  char digest[] = "SHA256";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<char*>(secret.data()), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, const_cast<char*>(key_label.data()), key_label.size()),
      OSSL_PARAM_construct_end(),
  };
  if (!hkdf || EVP_KDF_derive(hkdf.get(), key.bytes.data(), key.bytes.size(), parameters) != 1)
    throw failed("cannot derive the key of a secret: " + openssl_error(), "this is a fault of OpenSSL's set-up");
}

TlsSource::TlsSource(TlsFiles files) : files_(std::move(files)), stamp_(stamp()), context_(load(files_)) {}

std::string TlsSource::stamp() const {
  std::string out;
  for (const auto& path : {files_.secret, files_.certificate, files_.key, files_.ca}) {
    struct stat found {};
    // A missing file counts as a file with all numbers 0.
    if (path.empty() || ::stat(path.c_str(), &found) != 0) found = {};
    for (const auto number :
         {std::uint64_t{found.st_dev}, std::uint64_t{found.st_ino}, static_cast<std::uint64_t>(found.st_size),
          static_cast<std::uint64_t>(found.st_mtim.tv_sec), static_cast<std::uint64_t>(found.st_mtim.tv_nsec)})
      out += std::to_string(number) + " ";
  }
  return out;
}

std::shared_ptr<TlsContext> TlsSource::current() {
  const std::lock_guard lock(mutex_);
  // The stamp is taken before the files are read. A file that changes meanwhile is read again the next time.
  const std::string now = stamp();
  if (now == stamp_) return context_;
  stamp_ = now;
  try {
    context_ = load(files_);
    log_event(LogLevel::info, component::tls, files_.by_secret() ? "took the new secret" : "took the new certificates",
              {{"file", (files_.by_secret() ? files_.secret : files_.certificate).string()}});
  } catch (const Error& error) {
    log_event(LogLevel::warning, component::tls, "kept what it had, for the new files cannot be used",
              {{"error", error.what()}});
  }
  return context_;
}

}  // namespace mysql_agent
