#pragma once

#include <filesystem>
#include <string>

#include "common/net/tls.hpp"

namespace mysql_agent::test {

/// A CA for a test, made by the command `openssl`. The files of the CA are in `dir`; the CA does not remove them.
class TestCa {
 public:
  explicit TestCa(std::filesystem::path dir);

  /// Makes a certificate and its key. `names` is the subjectAltName, as `IP:127.0.0.10` or `DNS:mysql-0.mysql`.
  /// `more_options` are options of `openssl req`.
  TlsFiles issue(const std::string& file, const std::string& names, const std::string& more_options = "") const;
  std::filesystem::path file() const { return dir_ / "ca.pem"; }

 private:
  std::filesystem::path dir_;
};

}  // namespace mysql_agent::test
