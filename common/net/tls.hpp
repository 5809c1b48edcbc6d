#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

// OpenSSL's own headers stay in tls.cpp and tls_engine.cpp.
using SSL_CTX = struct ssl_ctx_st;

namespace mysql_agent {

/// What a pod proves itself with on the clone port: a secret that all pods share, or a certificate.
struct TlsFiles {
  std::filesystem::path secret;  ///< or all three of:
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::filesystem::path ca;

  bool by_secret() const { return !secret.empty(); }
};

/// A key of 32 bytes; it is wiped when it goes.
struct TlsKey {
  TlsKey() = default;
  TlsKey(const TlsKey&) = delete;
  TlsKey& operator=(const TlsKey&) = delete;
  ~TlsKey();
  std::array<unsigned char, 32> bytes{};
};

/// The key that a secret stands for: HKDF-SHA256 without salt, with a label of ours.
void derive_tls_key(const std::string& secret, TlsKey& key);

/// What one reading of the files gave. A connection keeps the one that it was made with.
struct TlsContext {
  bool by_secret = false;
  TlsKey key;
  std::shared_ptr<SSL_CTX> ssl;
};

/// The files of TlsFiles, read again when they change. TLS 1.3 alone, one cipher suite, no tickets, no early data.
///
/// By a secret: an external pre-shared key with an ephemeral key exchange on top, and no certificates: each side proves
/// that it has the secret, and who learns it later cannot read what was sent. While two pods have different secrets (a
/// rotation that has reached one of them) they cannot clone from each other; clones under way go on. By certificates:
/// each side's must be of the CA. That of the side that listens must also have, as a subject alternative name, the name
/// or the address that the other side connects to.
class TlsSource {
 public:
  /// Throws usage_error for files that cannot be used, a secret under 32 bytes among them.
  explicit TlsSource(TlsFiles files);

  /// For a new connection. Looks whether the files have changed (inode, size or time, through symbolic links). New ones
  /// that cannot be used leave the old ones in force, with one warning. Any thread may ask: the sidecar serves on one
  /// and asks on another.
  std::shared_ptr<TlsContext> current();
  const TlsFiles& files() const { return files_; }

 private:
  std::string stamp() const;

  const TlsFiles files_;
  std::mutex mutex_;  // of the next two
  std::string stamp_;
  std::shared_ptr<TlsContext> context_;
};

/// None is plain HTTP: --insecure.
using Tls = std::shared_ptr<TlsSource>;

}  // namespace mysql_agent
