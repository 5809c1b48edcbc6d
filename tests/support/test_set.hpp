#pragma once

#include <atomic>
#include <csignal>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "common/net/http_client.hpp"
#include "common/server/mysql_client.hpp"
#include "tests/support/background.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/test_server.hpp"

namespace mysql_agent::test {

/// How the clone ports of a set are guarded.
enum class Security { secret, certificates, insecure };

/// A set of pods as local processes, with real servers and real agents. Pod N is at 127.0.0.1N; the kernel chose the
/// ports.
class TestSet {
 public:
  /// A server that the agent asks for a first data directory copies one unless the test says otherwise.
  explicit TestSet(Security security = Security::secret, FirstData first_data = FirstData::copied);

  const TestServer& kind() const { return kind_; }
  std::filesystem::path dir(int ordinal) const { return dir_.path() / ("pod-" + std::to_string(ordinal)); }
  std::filesystem::path data(int ordinal) const { return dir(ordinal) / "data"; }
  std::filesystem::path state_file(int ordinal) const { return data(ordinal) / ".mysql-agent" / "state.json"; }
  static std::string address(int ordinal) { return "127.0.0.1" + std::to_string(ordinal); }
  std::uint16_t clone_port() const { return clone_port_; }
  std::uint16_t mysql_port() const { return mysql_port_; }
  std::filesystem::path config_map() const { return dir_ / "config-map"; }
  /// With this a test proves itself as a pod of the set. Null: the set is insecure.
  Tls tls(int ordinal = 0) const;
  std::filesystem::path clone_secret_file() const { return dir_ / "clone-secret"; }
  std::filesystem::path root_password_file() const { return dir_ / "root-password"; }
  std::filesystem::path replication_password_file() const { return dir_ / "replication-password"; }
  std::filesystem::path clone_password_file() const { return dir_ / "clone-password"; }

  // The containers of a pod. `more` are flags that come last, so that they replace flags before them.
  Ran init(int ordinal, const Arguments& more = {}, const Arguments& environment = {});
  Ran clone(int ordinal, const Arguments& more = {}, const Arguments& environment = {});
  Arguments clone_command(int ordinal, const Arguments& more = {}) const;
  /// clone-mysql beside the test.
  Background begin_clone(int ordinal, const Arguments& more = {}) const;
  /// Runs clone-mysql, and kills it after a random time of at most about what a clone takes. Returns `killed`, or 0 if
  /// clone-mysql ended before.
  int kill_clone(int ordinal) const;
  /// Flags for `clone`, so that a first data directory is made without the replication account.
  Arguments without_account() const;
  void start_server(int ordinal, const Arguments& more = {});
  void start_sidecar(int ordinal, const Arguments& more = {}, const Arguments& environment = {});
  /// Starts a sidecar that kills itself at a crash point, and waits for its end.
  void crash_sidecar(int ordinal, const std::string& point);
  Ran status(int ordinal, const Arguments& more = {});
  Ran doctor(int ordinal, const Arguments& more = {});
  /// A subcommand that a person runs on a pod's volume, and that talks to the pod's sidecar: pause, resume.
  Ran ask_sidecar(const std::string& subcommand, int ordinal, const Arguments& more = {}) const;
  /// Waits until the pod's server accepts logins.
  void wait_server(int ordinal) const;

  /// Starts the server and the sidecar of a pod whose init containers are done. Waits until the pod is ready.
  void start_containers(int ordinal);
  /// All of a pod, and waits until it is ready.
  void start_pod(int ordinal);
  void start_pods(int count);
  void stop_server(int ordinal, int signal = SIGTERM);
  void stop_sidecar(int ordinal, int signal = SIGTERM);
  void stop_pod(int ordinal, int signal = SIGTERM);
  /// Stops the server cleanly, starts it, and waits until it accepts logins.
  void restart_server(int ordinal);
  Background& server(int ordinal) { return *servers_.at(ordinal); }
  bool has_server(int ordinal) const { return servers_.count(ordinal) != 0; }
  bool has_sidecar(int ordinal) const { return sidecars_.count(ordinal) != 0; }
  Background& sidecar(int ordinal) { return *sidecars_.at(ordinal); }

  /// `GET path` on the probes' port, and on the clone port.
  HttpAnswer probe(int ordinal, const std::string& path) const;
  HttpAnswer ask_donor(int ordinal) const;
  /// A call of curl for a clone by hand. The set must be insecure or have certificates: curl cannot prove a secret.
  std::string curl_clone(int ordinal) const;
  /// Waits until the pod is ready without restriction. A replica that goes on without its primary does not count.
  void wait_ready(int ordinal);
  /// Waits until the pod offers clones. On MySQL the pod becomes ready before the plugin is installed.
  void wait_clonable(int ordinal) const;
  /// Waits until the pod is not ready, with a reason that contains `words`.
  void wait_not_ready(int ordinal, const std::string& words);

  ServerLogin login(int ordinal) const;
  ServerLogin login_as(int ordinal, const std::string& user, const std::string& password) const;
  void sql(int ordinal, const std::string& statement) const;
  std::string value(int ordinal, const std::string& query) const;

  /// The part before the number in the GTIDs that a pod's server makes: `0-100-` or `<uuid>:`.
  std::string gtid_prefix(int ordinal) const { return value(ordinal, kind_.gtid_prefix_query()); }
  /// The GTIDs in a pod's binary log.
  std::string logged(int ordinal) const { return value(ordinal, kind_.logged_query()); }
  /// Lets root write on a replica. MySQL's super_read_only refuses that; MariaDB has no such option.
  void let_root_write(int ordinal) const;

  /// Removes all binary logs of a pod but a new log.
  void purge_logs(int ordinal) const;
  /// The host that a pod replicates from.
  std::string source_of(int ordinal) const;

  /// Adds rows to the table test.rows_of on pod 0, and makes the table if it is missing. `count` is at most 100,000.
  /// Each row has `bytes` random bytes, at most 1,024.
  void make_rows(int count, int bytes = 100) const;
  /// Count, last id and checksum of test.rows_of.
  std::string fingerprint(int ordinal) const;
  /// Waits until the pod has caught up, and checks that it has the same rows as pod 0. Nobody may write meanwhile.
  void expect_same_rows(int ordinal) const;
  /// Checks that the data directory has no part of an unfinished copy.
  void expect_nothing_published(int ordinal) const;

 private:
  void prepare(int ordinal) const;
  Arguments agent(const std::string& subcommand, int ordinal) const;
  Ran ask(const std::string& subcommand, int ordinal, const Arguments& more) const;
  TlsFiles tls_files(int ordinal) const;
  Arguments security_flags(int ordinal) const;

  TestServer kind_;
  TempDir dir_;
  Security security_;
  FirstData first_data_;
  mutable std::map<int, TlsFiles> certificates_;
  std::uint16_t mysql_port_;
  std::uint16_t clone_port_;
  std::uint16_t http_port_;
  std::map<int, std::unique_ptr<Background>> servers_;
  std::map<int, std::unique_ptr<Background>> sidecars_;
};

/// Writes rows on pod 0, some hundred each second, until stop or the destructor. If the server is away, it tries again.
class Writer {
 public:
  explicit Writer(const TestSet& set);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  int rows() const { return rows_; }  ///< that the server has acknowledged
  int stop();                         ///< ends the writes; returns the number of rows

 private:
  const TestSet& set_;
  std::atomic<bool> stop_{false};
  std::atomic<int> rows_{0};
  std::thread thread_;
};

/// A port that is free on each of 127.0.0.10 to 127.0.0.14.
std::uint16_t free_port();

/// A password with characters that break a text in which it is not quoted right.
std::string awkward_password();

}  // namespace mysql_agent::test
