#include "common/server/mysql_client.hpp"

#include <cppconn/connection.h>
#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>

#include <mutex>

#include "common/server/caching_sha2_login.hpp"
#include "common/server/dialect.hpp"

namespace mysql_agent {
namespace {

SqlError sql_error(const std::string& act, const std::string& where, const sql::SQLException& error) {
  const int number = error.getErrorCode();
  std::string hint = "see the server's error log";
  if (SqlError(number, "", "").is_from_client()) hint = "check that the server runs and listens there";
  if (number == server_error::access_denied)
    hint =
        "the account does not exist for this host, or its password is another one: the server tells nobody which. "
        "Check --mysql-user, the host "
        "part of the account, and its password file; an account or a server that wants TLS needs --mysql-tls";
  if (number == server_error::secure_transport_required)
    hint = "the server wants TLS: say --mysql-tls, or use its socket";
  if (number == server_error::tls_refused)
    hint = "check that the server offers TLS, and that --mysql-tls-ca is the CA of its certificate";
  if (number == server_error::mysql_account_locked || number == server_error::mariadb_account_locked)
    hint = "unlock it with ALTER USER ... ACCOUNT UNLOCK";
  if (number == server_error::login_method_failed) hint = "log in by the server's socket, which needs no public key";
  return SqlError(number, act + " " + where + " failed: " + std::to_string(number) + " " + error.what(), hint);
}

}  // namespace

std::string text_of(const Row& row, const std::string& column) {
  const auto at = row.find(column);
  return at == row.end() ? "" : at->second.value_or("");
}

std::string ServerLogin::where() const {
  return user + "@" + (socket.empty() ? host + ":" + std::to_string(port) : socket);
}

MysqlClient::MysqlClient(const ServerLogin& login, std::chrono::seconds timeout) : where_(login.where()) {
  try {
    log_in(login, login.password, timeout);
  } catch (const SqlError& error) {
    if (error.number() != server_error::access_denied || login.previous_password.empty()) throw;
    try {
      log_in(login, login.previous_password, timeout);
      by_previous_password_ = true;
    } catch (const SqlError& again) {
      if (again.number() != server_error::access_denied) throw;
      throw error;  // of the password that is meant to be right
    }
  }
}

void MysqlClient::log_in(const ServerLogin& login, const Secret& password, std::chrono::seconds timeout) {
  static std::once_flag once;
  std::call_once(once, register_caching_sha2_login);
  sql::ConnectOptionsMap options;
  options["hostName"] = sql::SQLString(login.socket.empty() ? "tcp://" + login.host : "unix://" + login.socket);
  if (login.socket.empty()) options["port"] = static_cast<int>(login.port);
  options["userName"] = sql::SQLString(login.user);
  options["password"] = sql::SQLString(password.reveal());
  options["OPT_CONNECT_TIMEOUT"] = static_cast<int>(timeout.count());
  options["OPT_READ_TIMEOUT"] = static_cast<int>(timeout.count());
  options["OPT_WRITE_TIMEOUT"] = static_cast<int>(timeout.count());
  options["OPT_RECONNECT"] = false;
  if (login.needs_tls()) options["sslEnforce"] = true;
  // With a CA libmariadb 3.3 verifies the chain, but not the name.
  if (!login.tls_ca.empty()) options["sslCA"] = sql::SQLString(login.tls_ca.string());
  try {
    connection_.reset(get_driver_instance()->connect(options));
  } catch (const sql::SQLException& error) {
    throw sql_error("login", "to " + where_, error);
  }
  // caching_sha2_login.cpp checks TLS for its two methods before it sends a password. The library's own methods do not
  // check, but never send the password in the clear; so this check after the login is enough for them.
  if (login.needs_tls() && query("SHOW SESSION STATUS LIKE 'Ssl_cipher'").at(0).at("Value").value_or("").empty())
    throw sql_error(
        "login", "to " + where_,
        sql::SQLException("TLS was asked for, and the server offers none", "HY000", server_error::tls_refused));
  execute(session_setup());
}

MysqlClient::MysqlClient(MysqlClient&&) noexcept = default;
MysqlClient& MysqlClient::operator=(MysqlClient&&) noexcept = default;
MysqlClient::~MysqlClient() = default;

std::vector<Row> MysqlClient::query(const std::string& sql) {
  try {
    const std::unique_ptr<sql::Statement> statement(connection_->createStatement());
    const std::unique_ptr<sql::ResultSet> result(statement->executeQuery(sql));
    sql::ResultSetMetaData* const columns = result->getMetaData();
    std::vector<Row> rows;
    while (result->next()) {
      Row row;
      for (unsigned i = 1; i <= columns->getColumnCount(); ++i) {
        const std::string name = columns->getColumnLabel(i).asStdString();
        // isNull is not reliable in this library before the column was fetched. So fetch first, and then ask wasNull.
        const std::string value = result->getString(i).asStdString();
        row[name] = result->wasNull() ? std::nullopt : std::optional(value);
      }
      rows.push_back(std::move(row));
    }
    return rows;
  } catch (const sql::SQLException& error) {
    throw sql_error("'" + sql + "' on", where_, error);
  }
}

void MysqlClient::execute(const std::string& sql) {
  try {
    const std::unique_ptr<sql::Statement> statement(connection_->createStatement());
    statement->execute(sql);
  } catch (const sql::SQLException& error) {
    throw sql_error("'" + sql + "' on", where_, error);
  }
}

namespace {

// Where an account may not do so, performance_schema keeps the statement until later ones push it out.
void instrument(MysqlClient& client, bool on) {
  try {
    client.execute(session_instrumented(on));
  } catch (const SqlError& error) {
    if (error.is_from_client()) throw;
  }
}

}  // namespace

void MysqlClient::execute_unlogged(const std::string& sql) {
  execute(session_log(false));
  instrument(*this, false);
  try {
    const std::unique_ptr<sql::Statement> statement(connection_->createStatement());
    statement->execute(sql);
  } catch (const sql::SQLException& error) {
    // The text of a syntax error quotes the statement. So only the number leaves this function.
    throw SqlError(error.getErrorCode(),
                   "'" + sql.substr(0, sql.find(' ')) + " ...' on " + where_ + " failed: error " +
                       std::to_string(error.getErrorCode()),
                   "see the server's error log");
  }
  // After an error the caller gives up the connection, so that this need not be undone.
  instrument(*this, true);
  execute(session_log(true));
}

}  // namespace mysql_agent
