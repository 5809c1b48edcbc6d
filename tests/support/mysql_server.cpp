#include "tests/support/mysql_server.hpp"

#include <catch2/catch.hpp>

#include "tests/support/test_server.hpp"
#include "tests/support/test_set.hpp"

namespace mysql_agent::test {

MysqlServer::MysqlServer() : port_(free_port()) {
  const Ran copied = run_to_end({"cp", "-a", first_data_of_mysql().string(), (dir_ / "data").string()});
  INFO(copied.output);
  REQUIRE(copied.exit_code == 0);
}

Arguments MysqlServer::command(const Arguments& options) const {
  Arguments argv{"mysqld",
                 "--no-defaults",
                 "--user=root",
                 "--datadir=" + (dir_ / "data").string(),
                 "--tmpdir=" + dir_.path().string(),
                 "--mysqlx=OFF",
                 "--secure-file-priv=NULL",
                 "--event-scheduler=OFF",
                 "--innodb-buffer-pool-size=32M",
                 "--innodb-redo-log-capacity=16M"};
  argv.insert(argv.end(), options.begin(), options.end());
  return in_root(server_root("mysql-9.7"), argv);
}

void MysqlServer::start(const Arguments& more) {
  Arguments options{"--bind-address=" + TestSet::address(0), "--port=" + std::to_string(port_),
                    "--socket=" + socket().string(), "--pid-file=" + (dir_ / "pid").string()};
  options.insert(options.end(), more.begin(), more.end());
  server_ = std::make_unique<Background>(command(options), dir_ / "server.log");
  std::string error;
  const bool up = eventually(std::chrono::seconds(60), [&] {
    if (server_->wait(std::chrono::milliseconds(0))) return true;
    try {
      MysqlClient(by_socket(), std::chrono::seconds(5));
      error.clear();
      return true;
    } catch (const Error& failed) {
      error = failed.what();
      return false;
    }
  });
  INFO(error << "\n" << log());
  REQUIRE(up);
  REQUIRE_FALSE(server_->wait(std::chrono::milliseconds(0)));
}

void MysqlServer::stop() {
  server_->signal(SIGTERM);
  REQUIRE(server_->wait(std::chrono::seconds(60)) == 0);
  server_.reset();
}

ServerLogin MysqlServer::by_socket(const std::string& user, const std::string& password) const {
  ServerLogin login;
  login.socket = socket();
  login.user = user;
  login.password = Secret(password);
  return login;
}

ServerLogin MysqlServer::by_tcp(const std::string& user, const std::string& password) const {
  ServerLogin login = by_socket(user, password);
  login.socket.clear();
  login.host = TestSet::address(0);
  login.port = port_;
  return login;
}

ServerLogin MysqlServer::by_tls(const std::string& user, const std::string& password) const {
  ServerLogin login = by_tcp(user, password);
  login.tls = true;
  return login;
}

std::string MysqlServer::log() const {
  return read_text(dir_ / "server.log");
}

}  // namespace mysql_agent::test
