#pragma once

#include <filesystem>
#include <string>

#include "common/net/tls.hpp"

namespace mysql_agent::test {

/// A CA for a test, made by the command `openssl`. Its files are in `dir`, and stay there.
class TestCa {
 public:
  explicit TestCa(std::filesystem::path dir);

  /// A certificate and its key. `names` is a subjectAltName: `IP:127.0.0.10`, `DNS:mysql-0.mysql`; `more` are options
  /// of `openssl req`.
  TlsFiles issue(const std::string& file, const std::string& names, const std::string& more = "") const;
  std::filesystem::path file() const { return dir_ / "ca.pem"; }

 private:
  std::filesystem::path dir_;
};

}  // namespace mysql_agent::test
