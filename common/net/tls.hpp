#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

// OpenSSL's own headers stay in tls.cpp and tls_engine.cpp.
using SSL_CTX = struct ssl_ctx_st;

namespace mysql_agent {

/// The files with which a pod proves itself on the clone port. Either `secret` is set, which all pods share, or the
/// other three are set.
struct TlsFiles {
  std::filesystem::path secret;
  std::filesystem::path certificate;  ///< PEM, with the chain
  std::filesystem::path key;          ///< PEM, without a passphrase
  std::filesystem::path ca;           ///< PEM

  bool by_secret() const { return !secret.empty(); }
};

/// A key of 32 bytes. The destructor wipes it.
struct TlsKey {
  TlsKey() = default;
  TlsKey(const TlsKey&) = delete;
  TlsKey& operator=(const TlsKey&) = delete;
  ~TlsKey();
  std::array<unsigned char, 32> bytes{};
};

/// Derives the key from a secret, by HKDF-SHA256 without salt and with a fixed label. Throws failed.
void derive_tls_key(const std::string& secret, TlsKey& key);

/// The content of TlsFiles as it was read at one moment. A connection keeps the context that it was made with.
struct TlsContext {
  bool by_secret = false;
  TlsKey key;
  std::shared_ptr<SSL_CTX> ssl;
};

/// Gives a TlsContext for each connection, and reads the files again when they change. TLS 1.3 alone is spoken, with
/// one cipher suite, no tickets and no early data.
///
/// With a secret: an external pre-shared key, an ephemeral key exchange, and no certificates. Each side proves that it
/// has the secret. Somebody who learns the secret later cannot read what was sent before. During a rotation two pods
/// can have different secrets: then they cannot clone from each other, and clones that run go on.
///
/// With certificates: the certificate of each side must come from the CA. The certificate of the side that listens must
/// also have the name or the address that the other side connects to, as a subject alternative name.
class TlsSource {
 public:
  /// Reads the files. Throws usage_error if they cannot be used, or if the secret has fewer than 32 bytes.
  explicit TlsSource(TlsFiles files);

  /// The context for a new connection. Reads the files again if inode, size or time have changed; symbolic links are
  /// followed. If the new files cannot be used, the old content stays in force, and one warning is logged. Any thread
  /// may call this: the sidecar serves on one thread and asks other pods on another.
  std::shared_ptr<TlsContext> current();
  const TlsFiles& files() const { return files_; }

 private:
  std::string stamp() const;

  const TlsFiles files_;
  std::mutex mutex_;  // guards stamp_ and context_
  std::string stamp_;
  std::shared_ptr<TlsContext> context_;
};

/// How the clone port is secured. Null is plain HTTP (--insecure).
using Tls = std::shared_ptr<TlsSource>;

}  // namespace mysql_agent
