#include "tests/support/test_set.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "common/backup/clone_protocol.hpp"
#include "common/base/file.hpp"
#include "tests/support/sockets.hpp"

namespace mysql_agent::test {
namespace {

constexpr std::chrono::seconds ready_within{60};

}  // namespace

std::uint16_t free_port() {
  // A port is not used twice in a process: between this look and the server's bind nobody holds the port.
  static std::set<std::uint16_t> given;
  for (;;) {
    std::uint16_t port = 0;
    bool good = bind_to(tcp_socket(), TestSet::address(0), port);
    for (int ordinal = 1; ordinal < 5 && good; ++ordinal) good = bind_to(tcp_socket(), TestSet::address(ordinal), port);
    if (good && given.insert(port).second) return port;
  }
}

std::string awkward_password() {
  return "p'a\"s\\s %d;#=\n--\xF0\x9F\x94\x91 `$x`";
}

TestSet::TestSet(Security security, FirstData first_data)
    : security_(security),
      first_data_(first_data),
      mysql_port_(free_port()),
      clone_port_(free_port()),
      http_port_(free_port()) {
  write_text(root_password_file(), awkward_password());
  write_text(replication_password_file(), "r'a\"s\\s %d;#=\xC3\xA9 `$x`");
  write_text(clone_password_file(), "c'l\"o\\n %e;#=\n--\xF0\x9F\x90\xAC\xE2\x82\xAC `$x`");
  write_text(clone_secret_file(), "s'h\"a\\r %f;#= at least 32 bytes of it\n");
  write_text(dir_ / "config-map/primary.cnf", "[mysqld]\nbinlog_expire_logs_seconds=86400\n");
  write_text(dir_ / "config-map/replica.cnf", "[mysqld]\nmax_connections=100\n");
}

Arguments TestSet::agent(const std::string& subcommand, int ordinal) const {
  return kind_.command(
      {AGENT_BINARY, subcommand, "--pod-name", "mysql-" + std::to_string(ordinal), "--peer-host", "127.0.0.1{ordinal}"},
      first_data_);
}

namespace {

Arguments joined(Arguments first, const Arguments& second, const Arguments& third = {}) {
  first.insert(first.end(), second.begin(), second.end());
  first.insert(first.end(), third.begin(), third.end());
  return first;
}

}  // namespace

TlsFiles TestSet::tls_files(int ordinal) const {
  if (security_ == Security::secret) return {clone_secret_file(), {}, {}, {}};
  if (certificates_.empty()) {
    const TestCa ca(dir_ / "ca");
    for (int pod = 0; pod < 10; ++pod)
      certificates_[pod] = ca.issue("pod-" + std::to_string(pod), "IP:" + address(pod));
  }
  return certificates_.at(ordinal);
}

Tls TestSet::tls(int ordinal) const {
  return security_ == Security::insecure ? nullptr : std::make_shared<TlsSource>(tls_files(ordinal));
}

Arguments TestSet::security_flags(int ordinal) const {
  if (security_ == Security::insecure) return {"--insecure"};
  const TlsFiles files = tls_files(ordinal);
  if (files.by_secret()) return {"--clone-secret-file", files.secret};
  return {"--tls-cert", files.certificate, "--tls-key", files.key, "--tls-ca", files.ca};
}

std::string TestSet::curl_clone(int ordinal) const {
  const std::string where = address(ordinal) + ":" + std::to_string(clone_port_) + "/v1/clone";
  if (security_ == Security::insecure) return "curl -sf http://" + where;
  const TlsFiles files = tls_files(9);
  return "curl -sf --cacert " + files.ca.string() + " --cert " + files.certificate.string() + " --key " +
         files.key.string() + " https://" + where;
}

Ran TestSet::init(int ordinal, const Arguments& more, const Arguments& environment) {
  prepare(ordinal);
  return run_to_end(joined(agent("init-mysql", ordinal),
                           {"--conf-dir", dir(ordinal) / "conf.d", "--config-map-dir", dir_ / "config-map"}, more),
                    environment);
}

Arguments TestSet::clone_command(int ordinal, const Arguments& more) const {
  Arguments argv = joined(agent("clone-mysql", ordinal),
                          {"--data-dir",
                           data(ordinal),
                           "--conf-dir",
                           dir(ordinal) / "conf.d",
                           "--listen",
                           address(ordinal),
                           "--clone-port",
                           std::to_string(clone_port_),
                           "--http-listen",
                           address(ordinal) + ":" + std::to_string(http_port_),
                           "--initialize",
                           "--mysql-password-file",
                           root_password_file(),
                           "--replication-password-file",
                           replication_password_file(),
                           "--use-memory",
                           "64MiB",
                           "--donor-wait",
                           "20s",
                           "--defaults-file",
                           dir(ordinal) / "my.cnf"},
                          security_flags(ordinal));
  if (!kind_.has_backup_tool()) argv = joined(argv, {"--clone-password-file", clone_password_file()});
  return joined(argv, more);
}

Ran TestSet::clone(int ordinal, const Arguments& more, const Arguments& environment) {
  prepare(ordinal);
  std::filesystem::create_directories(data(ordinal));
  return run_to_end(clone_command(ordinal, more), environment);
}

Background TestSet::begin_clone(int ordinal, const Arguments& more) const {
  std::filesystem::create_directories(data(ordinal));
  return Background(clone_command(ordinal, more), dir(ordinal) / "clone.log");
}

int TestSet::kill_clone(int ordinal) const {
  static std::mt19937 random(std::random_device{}());
  // A clone by MySQL's plugin takes longer, because it starts a server twice.
  const auto after = std::chrono::milliseconds(random() % (kind_.has_backup_tool() ? 1200 : 5000));
  INFO("killed after " << after.count() << " ms");
  Background clone = begin_clone(ordinal);
  if (!clone.wait(after)) clone.signal(SIGKILL);
  const int code = clone.wait(std::chrono::seconds(5)).value_or(-1);
  CHECK((code == killed || code == 0));
  return code;
}

Arguments TestSet::without_account() const {
  write_text(dir_ / "no-password", "");
  return {"--replication-password-file", dir_ / "no-password"};
}

// The option file of a pod's server, and the directories that it names.
void TestSet::prepare(int ordinal) const {
  const auto pod = dir(ordinal);
  std::filesystem::create_directories(pod / "conf.d");
  // Each server has a tmpdir of its own: a server that starts removes the temporary files of another server.
  std::filesystem::create_directories(pod / "tmp");
  write_text(pod / "my.cnf", "[mysqld]\ndatadir=" + data(ordinal).string() + "\nsocket=" + (pod / "s").string() +
                                 "\ntmpdir=" + (pod / "tmp").string() + "\npid-file=" + (pod / "server.pid").string() +
                                 "\nbind-address=" + address(ordinal) + "\nport=" + std::to_string(mysql_port_) + "\n" +
                                 kind_.options() + "!includedir " + (pod / "conf.d").string() + "\n");
}

void TestSet::start_server(int ordinal, const Arguments& more) {
  servers_[ordinal] = std::make_unique<Background>(
      joined(kind_.command({kind_.server_program(), "--defaults-file=" + (dir(ordinal) / "my.cnf").string()}), more),
      dir(ordinal) / "server.log");
}

void TestSet::wait_server(int ordinal) const {
  REQUIRE(eventually(ready_within, [&] {
    try {
      return !value(ordinal, "SELECT VERSION()").empty();
    } catch (const Error&) {
      return false;
    }
  }));
}

void TestSet::start_sidecar(int ordinal, const Arguments& more, const Arguments& environment) {
  Arguments argv = joined(
      agent("sidecar", ordinal),
      {"--data-dir", data(ordinal), "--listen", address(ordinal), "--clone-port", std::to_string(clone_port_),
       "--http-listen", address(ordinal) + ":" + std::to_string(http_port_), "--mysql-host", address(ordinal),
       "--mysql-port", std::to_string(mysql_port_), "--source-port", std::to_string(mysql_port_),
       "--mysql-password-file", root_password_file(), "--replication-password-file", replication_password_file()},
      security_flags(ordinal));
  if (!kind_.has_backup_tool()) argv = joined(argv, {"--clone-password-file", clone_password_file()});
  sidecars_[ordinal] = std::make_unique<Background>(joined(argv, more), dir(ordinal) / "sidecar.log", environment);
}

void TestSet::crash_sidecar(int ordinal, const std::string& point) {
  start_sidecar(ordinal, {}, crash_at(point));
  CHECK(sidecar(ordinal).wait(std::chrono::seconds(30)) == killed);
}

Ran TestSet::status(int ordinal, const Arguments& more) {
  return ask("status", ordinal, more);
}

Ran TestSet::doctor(int ordinal, const Arguments& more) {
  return ask("doctor", ordinal, more);
}

Ran TestSet::ask_sidecar(const std::string& subcommand, int ordinal, const Arguments& more) const {
  return run_to_end(joined(
      agent(subcommand, ordinal),
      {"--data-dir", data(ordinal), "--http-listen", address(ordinal) + ":" + std::to_string(http_port_)}, more));
}

Ran TestSet::ask(const std::string& subcommand, int ordinal, const Arguments& more) const {
  return run_to_end(joined(agent(subcommand, ordinal),
                           {"--data-dir", data(ordinal), "--mysql-host", address(ordinal), "--mysql-port",
                            std::to_string(mysql_port_), "--mysql-password-file", root_password_file(), "--http-listen",
                            address(ordinal) + ":" + std::to_string(http_port_)},
                           more));
}

void TestSet::start_pod(int ordinal) {
  const Ran initialised = init(ordinal);
  INFO(initialised.output);
  REQUIRE(initialised.exit_code == 0);
  std::filesystem::create_directories(data(ordinal));
  const Ran cloned = run_to_end(clone_command(ordinal));
  INFO(cloned.output);
  REQUIRE(cloned.exit_code == 0);
  start_containers(ordinal);
}

void TestSet::start_containers(int ordinal) {
  start_server(ordinal);
  start_sidecar(ordinal);
  wait_ready(ordinal);
}

void TestSet::start_pods(int count) {
  for (int ordinal = 0; ordinal < count; ++ordinal) start_pod(ordinal);
}

void TestSet::stop_server(int ordinal, int signal) {
  server(ordinal).signal(signal);
  REQUIRE(server(ordinal).wait(std::chrono::seconds(90)));
  servers_.erase(ordinal);
}

void TestSet::stop_sidecar(int ordinal, int signal) {
  sidecar(ordinal).signal(signal);
  REQUIRE(sidecar(ordinal).wait(std::chrono::seconds(30)));
  sidecars_.erase(ordinal);
}

void TestSet::stop_pod(int ordinal, int signal) {
  stop_sidecar(ordinal, signal);
  stop_server(ordinal, signal);
}

void TestSet::restart_server(int ordinal) {
  stop_server(ordinal);
  start_server(ordinal);
  wait_server(ordinal);
}

HttpAnswer TestSet::probe(int ordinal, const std::string& path) const {
  try {
    return http_get(address(ordinal), http_port_, path, std::chrono::seconds(5), nullptr);
  } catch (const Error& error) {
    return {0, error.what()};
  }
}

HttpAnswer TestSet::ask_donor(int ordinal) const {
  return http_get(address(ordinal), clone_port_, "/v1/donor", std::chrono::seconds(5), tls());
}

void TestSet::wait_ready(int ordinal) {
  HttpAnswer answer;
  const bool ready = eventually(ready_within, [&] { return (answer = probe(ordinal, "/readyz")).body == "ok\n"; });
  INFO("pod " << ordinal << ": " << answer.body << "\n" << sidecar(ordinal).output() << server(ordinal).output());
  REQUIRE(ready);
}

void TestSet::wait_clonable(int ordinal) const {
  REQUIRE(eventually(ready_within, [&] { return !parse_donor_info(ask_donor(ordinal).body).engines.empty(); }));
}

void TestSet::wait_not_ready(int ordinal, const std::string& words) {
  HttpAnswer answer;
  const bool found = eventually(ready_within, [&] {
    answer = probe(ordinal, "/readyz");
    return answer.status == 503 && answer.body.find(words) != std::string::npos;
  });
  INFO("pod " << ordinal << ": " << answer.status << " " << answer.body);
  REQUIRE(found);
}

ServerLogin TestSet::login(int ordinal) const {
  ServerLogin login;
  login.host = address(ordinal);
  login.port = mysql_port_;
  login.password = Secret(awkward_password());
  return login;
}

ServerLogin TestSet::login_as(int ordinal, const std::string& user, const std::string& password) const {
  ServerLogin as = login(ordinal);
  as.user = user;
  as.password = Secret(password);
  return as;
}

void TestSet::sql(int ordinal, const std::string& statement) const {
  MysqlClient(login(ordinal), std::chrono::seconds(30)).execute(statement);
}

std::string TestSet::value(int ordinal, const std::string& query) const {
  const auto rows = MysqlClient(login(ordinal), std::chrono::seconds(30)).query(query);
  if (rows.empty() || rows.front().empty()) return "";
  return rows.front().begin()->second.value_or("NULL");
}

void TestSet::make_rows(int count, int bytes) const {
  sql(0, "CREATE DATABASE IF NOT EXISTS test");
  sql(0, "CREATE TABLE IF NOT EXISTS test.rows_of (id INT AUTO_INCREMENT PRIMARY KEY, body VARBINARY(4000))");
  // This statement works on both families. Each family has a shorter way to make rows, which the other does not know.
  sql(0,
      "INSERT INTO test.rows_of (body) "
      "WITH d AS (SELECT 0 UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL "
      "SELECT 5 "
      "UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) "
      "SELECT RANDOM_BYTES(" +
          std::to_string(std::min(bytes, 1024)) + ") FROM d a, d b, d c, d e, d f LIMIT " + std::to_string(count));
}

void TestSet::let_root_write(int ordinal) const {
  if (kind_.is_mysql()) sql(ordinal, "SET GLOBAL super_read_only = OFF");
}

void TestSet::purge_logs(int ordinal) const {
  MysqlClient client(login(ordinal), std::chrono::seconds(30));
  client.execute("FLUSH BINARY LOGS");
  // The server does not purge a log while a thread for a replica reads it, even if that replica is gone.
  REQUIRE(eventually(std::chrono::seconds(30), [&] {
    client.execute("PURGE BINARY LOGS TO '" + *client.query("SHOW BINARY LOGS").back().at("Log_name") + "'");
    return client.query("SHOW BINARY LOGS").size() == 1;
  }));
}

std::string TestSet::source_of(int ordinal) const {
  const auto rows = MysqlClient(login(ordinal), std::chrono::seconds(30)).query("SHOW REPLICA STATUS");
  const char* const column = kind_.is_mysql() ? "Source_Host" : "Master_Host";
  return rows.empty() ? "" : rows.front().at(column).value_or("");
}

std::string TestSet::fingerprint(int ordinal) const {
  return value(
      ordinal,
      "SELECT CONCAT(COUNT(*), ' rows, last ', IFNULL(MAX(id), 0), ', sum ', IFNULL(SUM(CRC32(CONCAT(id, body))), 0)) "
      "FROM test.rows_of");
}

void TestSet::expect_same_rows(int ordinal) const {
  const std::string want = fingerprint(0);
  std::string have;
  const bool same = eventually(std::chrono::seconds(60), [&] {
    try {
      have = fingerprint(ordinal);
    } catch (const Error& error) {
      have = error.what();
    }
    return have == want;
  });
  INFO("pod " << ordinal << " has " << have << ", pod 0 has " << want);
  CHECK(same);
}

void TestSet::expect_nothing_published(int ordinal) const {
  CHECK_FALSE(std::filesystem::exists(data(ordinal) / "ibdata1"));
  CHECK_FALSE(std::filesystem::exists(data(ordinal) / "mysql"));
}

Writer::Writer(const TestSet& set)
    : set_(set), thread_([this] {
        while (!stop_) {
          try {
            MysqlClient client(set_.login(0), std::chrono::seconds(10));
            while (!stop_) {
              client.execute("INSERT INTO test.rows_of (body) VALUES (UUID())");
              ++rows_;
              std::this_thread::sleep_for(std::chrono::milliseconds(2));
            }
          } catch (const Error&) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
          }
        }
      }) {}

Writer::~Writer() {
  stop();
}

int Writer::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  return rows_;
}

}  // namespace mysql_agent::test
