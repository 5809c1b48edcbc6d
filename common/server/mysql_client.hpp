#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/defaults.hpp"
#include "common/base/error.hpp"
#include "common/base/secret.hpp"

namespace sql {
class Connection;
}

namespace mysql_agent {

/// A server, and how to log in to it. If `socket` is set, `host` and `port` are not used.
struct ServerLogin {
  std::string socket;
  std::string host = "127.0.0.1";
  std::uint16_t port = defaults::mysql_port;
  std::string user = "root";
  Secret password;
  /// The password before, where it is being changed: a replica gets the new one by replication. Empty: none.
  Secret previous_password = {};
  /// The connection must be encrypted, through a socket too.
  bool tls = false;
  /// A PEM file. If it is set, the connection must be encrypted, and the server's certificate must come from this CA.
  /// The name in the certificate is not checked (libmariadb 3.3).
  std::filesystem::path tls_ca;

  bool needs_tls() const { return tls || !tls_ca.empty(); }
  std::string where() const;  ///< `user@host:port` or `user@socket`, for people
};

/// An error of a server or of the client library, with its number; server_error names the numbers that matter.
class SqlError : public Error {
 public:
  SqlError(int number, const std::string& what, const std::string& hint)
      : Error(ExitCode::failed, what, hint), number_(number) {}
  int number() const { return number_; }
  /// Whether the number is one of the client library, 2000 to 2999. Then there is no connection, or it is lost.
  bool is_from_client() const { return number_ >= 2000 && number_ < 3000; }
  /// Whether the number is a server's. The client library also uses 5000 and more.
  bool is_from_server() const { return number_ >= 1000 && number_ < 5000 && !is_from_client(); }

 private:
  int number_;
};

/// One row: the values by column name. nullopt is SQL NULL.
using Row = std::map<std::string, std::optional<std::string>>;

/// The value of a column; empty where it is NULL, or the row has no such column.
std::string text_of(const Row& row, const std::string& column);

/// A blocking connection to one server, for one thread at a time. Connecting, each read and each write take at most
/// `timeout`, so that a server that hangs cannot hold the caller. Every failure is a SqlError. If it is_from_client,
/// the connection is lost.
class MysqlClient {
 public:
  /// Connects and logs in; with the previous password where the server refuses the first one. Throws SqlError, without
  /// the password; 2026 if TLS was asked for and is not to be had.
  MysqlClient(const ServerLogin& login, std::chrono::seconds timeout);
  MysqlClient(MysqlClient&&) noexcept;
  MysqlClient& operator=(MysqlClient&&) noexcept;
  ~MysqlClient();

  /// Runs a statement that gives rows. The error holds the statement.
  std::vector<Row> query(const std::string& sql);
  /// Runs a statement that gives no rows. The error holds the statement.
  void execute(const std::string& sql);
  /// Runs a statement that may hold a secret. The general log does not get the statement, and the error holds only its
  /// first word and the number. After an error the connection must not be used again: its statements would stay
  /// unlogged.
  void execute_unlogged(const std::string& sql);
  /// Whether the server took the previous password.
  bool by_previous_password() const { return by_previous_password_; }

 private:
  void log_in(const ServerLogin& login, const Secret& password, std::chrono::seconds timeout);
  std::unique_ptr<sql::Connection> connection_;
  std::string where_;
  bool by_previous_password_ = false;
};

}  // namespace mysql_agent
