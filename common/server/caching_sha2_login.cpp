#include "common/server/caching_sha2_login.hpp"

#include <mariadb/errmsg.h>
#include <mariadb/mysql.h>
#include <mariadb/mysql/plugin_auth.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.hpp"

// The protocol: https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html
// libmariadb 3.3 takes the byte 0x01 off the server's answers before a login method sees them (seen with MySQL 9.7.4).
namespace mysql_agent {
namespace {

constexpr std::size_t nonce_size = 20;
constexpr unsigned char caching_sha2_asks_for_key = 2;
constexpr unsigned char sha256_asks_for_key = 1;
constexpr unsigned char known_password = 3;
constexpr unsigned char needs_password = 4;

using Bytes = std::vector<unsigned char>;
using Digest = std::array<unsigned char, 32>;
using Nonce = std::array<unsigned char, nonce_size>;

// Bytes that hold a secret. The destructor wipes them.
struct SecretBytes {
  Bytes bytes;
  explicit SecretBytes(std::size_t size) : bytes(size) {}
  ~SecretBytes() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
};

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using PublicKey = std::unique_ptr<EVP_PKEY, KeyFree>;

// An error on this side of the connection. It becomes the error of the connection. An empty text: the library has set
// the error already.
struct LoginError {
  std::string text;
  unsigned number = CR_AUTH_PLUGIN_ERR;
};

Digest sha256_of(const void* first, std::size_t first_size, const void* second = nullptr, std::size_t second_size = 0) {
  Digest digest;
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), first, first_size) != 1 ||
      EVP_DigestUpdate(context.get(), second, second_size) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1)
    throw LoginError{"SHA-256 is not available"};
  return digest;
}

// Proves to a server that keeps SHA256(SHA256(password)) that this side knows the password. The proof does not reveal
// it.
Digest proof_of(std::string_view password, const Nonce& nonce) {
  Digest once = sha256_of(password.data(), password.size());
  Digest twice = sha256_of(once.data(), once.size());
  Digest proof = sha256_of(twice.data(), twice.size(), nonce.data(), nonce.size());
  for (std::size_t i = 0; i < proof.size(); ++i) proof[i] ^= once[i];
  OPENSSL_cleanse(once.data(), once.size());
  OPENSSL_cleanse(twice.data(), twice.size());
  return proof;
}

Bytes read_answer(MYSQL_PLUGIN_VIO& vio) {
  unsigned char* data = nullptr;
  const int size = vio.read_packet(&vio, &data);
  // The library has set the error: an error of the server, or a lost connection.
  if (size < 0) throw LoginError{};
  return Bytes(data, data + size);
}

void write_answer(MYSQL_PLUGIN_VIO& vio, const unsigned char* data, std::size_t size) {
  if (vio.write_packet(&vio, data, static_cast<int>(size)) != 0) throw LoginError{};
}

// The nonce has 20 bytes. A NUL after them is not a part of it.
Nonce read_nonce(MYSQL_PLUGIN_VIO& vio) {
  const Bytes answer = read_answer(vio);
  if (answer.size() < nonce_size || answer.size() > nonce_size + 1)
    throw LoginError{"the server's challenge has a wrong length"};
  Nonce nonce;
  std::memcpy(nonce.data(), answer.data(), nonce.size());
  return nonce;
}

PublicKey parse_public_key(const Bytes& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                       BIO_free);
  // Without this callback OpenSSL would ask on the terminal for the passphrase of a key that claims to have one.
  constexpr auto no_passphrase = [](char*, int, int, void*) { return -1; };
  PublicKey key(text ? PEM_read_bio_PUBKEY(text.get(), nullptr, no_passphrase, nullptr) : nullptr);
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
    throw LoginError{"what the server gave as its public key is no RSA key"};
  return key;
}

PublicKey fetch_public_key(MYSQL& mysql, MYSQL_PLUGIN_VIO& vio, unsigned char question) {
  write_answer(vio, &question, 1);
  Bytes pem;
  try {
    pem = read_answer(vio);
  } catch (const LoginError&) {
    // A server without a key only says that access is denied, as for a wrong password.
    throw LoginError{"the server gave no public key to encrypt the password with (" + std::string(mysql_error(&mysql)) +
                     ")"};
  }
  return parse_public_key(pem);
}

// Encrypts by RSA with OAEP and SHA-1, as the server expects.
Bytes encrypted(EVP_PKEY* key, const Bytes& plain) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(key, nullptr),
                                                                            EVP_PKEY_CTX_free);
  Bytes out(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
  std::size_t size = out.size();
  constexpr std::size_t padding = 42;
  if (plain.size() + padding > out.size()) throw LoginError{"the password is too long for the server's public key"};
  if (!context || EVP_PKEY_encrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_encrypt(context.get(), out.data(), &size, plain.data(), plain.size()) != 1)
    throw LoginError{"encrypting the password with the server's public key failed"};
  out.resize(size);
  return out;
}

bool is_tls(MYSQL& mysql) {
  return mysql_get_ssl_cipher(&mysql) != nullptr;
}

// If the server offers no TLS, libmariadb 3.3 goes on without TLS, even if TLS was asked for. Then an impostor in the
// server's place would get the password, encrypted with the impostor's key. The library begins TLS when a login method
// writes for the first time.
void check_tls(MYSQL& mysql) {
  if (mysql.options.use_ssl && !is_tls(mysql) && (mysql.server_capabilities & CLIENT_SSL) == 0)
    throw LoginError{"TLS was asked for, and the server offers none", CR_SSL_CONNECTION_ERROR};
}

bool is_socket(MYSQL_PLUGIN_VIO& vio) {
  MYSQL_PLUGIN_VIO_INFO info{};
  vio.info(&vio, &info);
  return info.protocol == MYSQL_PLUGIN_VIO_INFO::MYSQL_VIO_SOCKET;
}

void send_nothing(MYSQL_PLUGIN_VIO& vio) {
  constexpr unsigned char nothing = 0;
  write_answer(vio, &nothing, 1);
}

void send_password(MYSQL& mysql, MYSQL_PLUGIN_VIO& vio, std::string_view password, const Nonce& nonce, bool is_private,
                   unsigned char key_question) {
  SecretBytes plain(password.size() + 1);  // with a NUL at the end
  std::memcpy(plain.bytes.data(), password.data(), password.size());
  if (is_private) {
    write_answer(vio, plain.bytes.data(), plain.bytes.size());
    return;
  }
  const PublicKey key = fetch_public_key(mysql, vio, key_question);
  for (std::size_t i = 0; i < plain.bytes.size(); ++i) plain.bytes[i] ^= nonce[i % nonce.size()];
  const Bytes message = encrypted(key.get(), plain.bytes);
  write_answer(vio, message.data(), message.size());
}

using LogIn = void(MYSQL&, MYSQL_PLUGIN_VIO&, std::string_view password);

void caching_sha2_log_in(MYSQL& mysql, MYSQL_PLUGIN_VIO& vio, std::string_view password) {
  const Nonce nonce = read_nonce(vio);
  if (password.empty()) return send_nothing(vio);
  const Digest proof = proof_of(password, nonce);
  write_answer(vio, proof.data(), proof.size());
  const Bytes answer = read_answer(vio);
  if (answer.size() != 1 || (answer[0] != known_password && answer[0] != needs_password))
    throw LoginError{"the server's answer is none of caching_sha2_password"};
  if (answer[0] == known_password) return;
  // Nobody can read along on a socket or on TLS.
  send_password(mysql, vio, password, nonce, is_tls(mysql) || is_socket(vio), caching_sha2_asks_for_key);
}

// sha256_password has no proof before the password. The server wants the password encrypted on a socket too (9.7.4).
void sha256_log_in(MYSQL& mysql, MYSQL_PLUGIN_VIO& vio, std::string_view password) {
  const Nonce nonce = read_nonce(vio);
  if (password.empty()) return send_nothing(vio);
  send_password(mysql, vio, password, nonce, is_tls(mysql), sha256_asks_for_key);
}

void set_error(MYSQL& mysql, const char* text, unsigned number = CR_AUTH_PLUGIN_ERR) {
  mysql.net.last_errno = number;
  std::snprintf(mysql.net.sqlstate, sizeof mysql.net.sqlstate, "HY000");
  std::snprintf(mysql.net.last_error, sizeof mysql.net.last_error, "%s", text);
}

// C code calls this: no exception may leave it. The library reads the server's verdict on the password.
template <LogIn log_in>
int authenticate(MYSQL_PLUGIN_VIO* vio, MYSQL* mysql) {
  try {
    check_tls(*mysql);
    log_in(*mysql, *vio, mysql->passwd == nullptr ? "" : mysql->passwd);
    return CR_OK;
  } catch (const LoginError& error) {
    if (!error.text.empty()) set_error(*mysql, error.text.c_str(), error.number);
  } catch (const std::exception& error) {
    set_error(*mysql, error.what());
  }
  // The library's own TLS uses the same thread's queue of errors: it must not find these.
  ERR_clear_error();
  return CR_ERROR;
}

// A client plugin for authentication. mysql/client_plugin.h declares this type, but cannot be included: it needs
// ma_compress.h, which Debian's libmariadb-dev 10.11 does not have.
struct LoginMethod {
  st_mysql_client_plugin plugin;
  int (*authenticate_user)(MYSQL_PLUGIN_VIO*, MYSQL*);
};
constexpr int authentication = 2;
constexpr unsigned interface_version = 0x0100;

constexpr LoginMethod login_method(const char* name, int (*authenticate_user)(MYSQL_PLUGIN_VIO*, MYSQL*)) {
  return {.plugin = {.type = authentication,
                     .interface_version = interface_version,
                     .name = name,
                     .author = "mysql-agent",
                     .desc = "login to MySQL",
                     .version = {1, 0, 0},
                     .license = "Apache 2.0",
                     .mysql_api = nullptr,
                     .init = nullptr,
                     .deinit = nullptr,
                     .options = nullptr},
          .authenticate_user = authenticate_user};
}

LoginMethod methods[] = {login_method("caching_sha2_password", authenticate<caching_sha2_log_in>),
                         login_method("sha256_password", authenticate<sha256_log_in>)};

}  // namespace

void register_caching_sha2_login() {
  // The library reports errors to the handle of a connection. mysql_init also initialises the library.
  const std::unique_ptr<MYSQL, decltype(&mysql_close)> handle(mysql_init(nullptr), mysql_close);
  for (LoginMethod& method : methods)
    if (!handle || mysql_client_register_plugin(handle.get(), &method.plugin) == nullptr)
      throw failed("the login method " + std::string(method.plugin.name) +
                       " could not be registered: " + (handle ? mysql_error(handle.get()) : "no memory"),
                   "this is a fault of mysql-agent: report it");
}

}  // namespace mysql_agent
