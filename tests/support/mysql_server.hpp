#pragma once

#include <memory>

#include "common/server/mysql_client.hpp"
#include "tests/support/background.hpp"
#include "tests/support/temp_dir.hpp"

namespace mysql_agent::test {

/// A real MySQL server of Debian sid, in its root directory (see server_root), whatever server the other tests run on.
class MysqlServer {
 public:
  /// Its data is a copy of first_data_of_mysql; root@localhost has no password.
  MysqlServer();

  /// Starts it on its address, and waits until it answers. `more` are options that come last.
  void start(const Arguments& more = {});
  void stop();

  std::filesystem::path socket() const { return dir_ / "s"; }
  ServerLogin by_socket(const std::string& user = "root", const std::string& password = "") const;
  ServerLogin by_tcp(const std::string& user, const std::string& password) const;
  ServerLogin by_tls(const std::string& user, const std::string& password) const;
  std::filesystem::path ca() const { return dir_ / "data/ca.pem"; }  ///< that the server made for its certificate
  std::string log() const;

 private:
  Arguments command(const Arguments& options) const;

  TempDir dir_;
  std::uint16_t port_;
  std::unique_ptr<Background> server_;
};

}  // namespace mysql_agent::test
