#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/secret.hpp"

namespace sql {
class Connection;
}

namespace mysql_agent {

/// A server and how to log in to it. With a `socket` the host and the port do not count.
struct ServerLogin {
  std::string socket;
  std::string host = "127.0.0.1";
  std::uint16_t port = 3306;
  std::string user = "root";
  Secret password;
  bool tls = false;  ///< the connection must be encrypted, by a socket too
  std::filesystem::path
      tls_ca;  ///< PEM: it must be, and the server's certificate must come from this CA; its name does not count

  bool needs_tls() const { return tls || !tls_ca.empty(); }
  std::string where() const;  ///< for people, without the password
};

/// The server said no: its error number (server_error names the ones that matter) and its text.
class SqlError : public Error {
 public:
  SqlError(int number, const std::string& what, const std::string& hint)
      : Error(ExitCode::failed, what, hint), number_(number) {}
  int number() const { return number_; }
  /// Whether it is the client's own, 2000 to 2999: there is no connection (any more).
  bool is_from_client() const { return number_ >= 2000 && number_ < 3000; }
  /// Whether a server said it: 5000 and more are those of the client library.
  bool is_from_server() const { return number_ >= 1000 && number_ < 5000 && !is_from_client(); }

 private:
  int number_;
};

/// One row by column name; nullopt is SQL NULL.
using Row = std::map<std::string, std::optional<std::string>>;

/// A blocking connection to one server; one thread at a time. Nothing takes longer than `timeout`, so a server that
/// hangs cannot hold its caller. Every failure is a SqlError; one that is_from_client means that the connection is
/// lost.
class MysqlClient {
 public:
  MysqlClient(const ServerLogin& login, std::chrono::seconds timeout);
  MysqlClient(MysqlClient&&) noexcept;
  MysqlClient& operator=(MysqlClient&&) noexcept;
  ~MysqlClient();

  std::vector<Row> query(const std::string& sql);
  void execute(const std::string& sql);
  /// A statement that may hold a secret: kept out of the general log, and its text out of the error. After an error the
  /// connection must not be used again: it would go on unlogged.
  void execute_unlogged(const std::string& sql);

 private:
  std::unique_ptr<sql::Connection> connection_;
  std::string where_;
};

}  // namespace mysql_agent
