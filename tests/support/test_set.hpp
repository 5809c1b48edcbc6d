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

/// A set of pods as local processes: pod N at 127.0.0.1N, real servers, real agents, on ports that the kernel chose.
class TestSet {
 public:
  explicit TestSet(Security security = Security::secret);

  const TestServer& kind() const { return kind_; }
  std::filesystem::path dir(int ordinal) const { return dir_.path() / ("pod-" + std::to_string(ordinal)); }
  std::filesystem::path data(int ordinal) const { return dir(ordinal) / "data"; }
  std::filesystem::path state_file(int ordinal) const { return data(ordinal) / ".mysql-agent" / "state.json"; }
  static std::string address(int ordinal) { return "127.0.0.1" + std::to_string(ordinal); }
  std::uint16_t clone_port() const { return clone_port_; }
  std::uint16_t mysql_port() const { return mysql_port_; }
  std::filesystem::path config_map() const { return dir_ / "config-map"; }
  /// What a pod of the set proves itself with, for a test that speaks as one; none where the set is insecure.
  Tls tls(int ordinal = 0) const;
  std::filesystem::path clone_secret_file() const { return dir_ / "clone-secret"; }
  std::filesystem::path root_password_file() const { return dir_ / "root-password"; }
  std::filesystem::path replication_password_file() const { return dir_ / "replication-password"; }
  std::filesystem::path clone_password_file() const { return dir_ / "clone-password"; }

  // The containers of a pod. `more` are flags that come last, so that they win.
  Ran init(int ordinal, const Arguments& more = {}, const Arguments& environment = {});
  Ran clone(int ordinal, const Arguments& more = {}, const Arguments& environment = {});
  Arguments clone_command(int ordinal, const Arguments& more = {}) const;
  /// clone-mysql beside the test.
  Background begin_clone(int ordinal, const Arguments& more = {}) const;
  /// clone-mysql, killed after a random time of about as long as it takes: `killed`, or 0 where it had ended before.
  int kill_clone(int ordinal) const;
  /// For `clone`: the first data directory is made without the replication account, which is left to others.
  Arguments without_account() const;
  void start_server(int ordinal, const Arguments& more = {});
  void start_sidecar(int ordinal, const Arguments& more = {}, const Arguments& environment = {});
  /// Starts a sidecar that kills itself at `point`, and waits until it has.
  void crash_sidecar(int ordinal, const std::string& point);
  Ran status(int ordinal, const Arguments& more = {});
  Ran doctor(int ordinal, const Arguments& more = {});
  /// Waits until the pod's server takes logins.
  void wait_server(int ordinal) const;

  /// The server and the sidecar of a pod whose init containers are done, and waits until it is ready.
  void start_containers(int ordinal);
  /// All of a pod, and waits until it is ready.
  void start_pod(int ordinal);
  void start_pods(int count);
  void stop_server(int ordinal, int signal = SIGTERM);
  void stop_sidecar(int ordinal, int signal = SIGTERM);
  void stop_pod(int ordinal, int signal = SIGTERM);
  Background& server(int ordinal) { return *servers_.at(ordinal); }
  bool has_server(int ordinal) const { return servers_.count(ordinal) != 0; }
  bool has_sidecar(int ordinal) const { return sidecars_.count(ordinal) != 0; }
  Background& sidecar(int ordinal) { return *sidecars_.at(ordinal); }

  /// `GET path` on the probes' port, and on the clone port.
  HttpAnswer probe(int ordinal, const std::string& path) const;
  HttpAnswer ask_donor(int ordinal) const;
  /// For a clone by hand: a call of curl, which knows no secret.
  std::string curl_clone(int ordinal) const;
  /// Ready without a "but": a replica that goes on while its primary is away is not enough.
  void wait_ready(int ordinal);
  /// Waits until the pod offers clones: on MySQL the plugin comes after /readyz has said yes.
  void wait_clonable(int ordinal) const;
  /// Waits until /readyz says no, with a reason that contains `words`.
  void wait_not_ready(int ordinal, const std::string& words);

  ServerLogin login(int ordinal) const;
  void sql(int ordinal, const std::string& statement) const;
  std::string value(int ordinal, const std::string& query) const;

  /// What stands before the number in the GTIDs that a pod's server makes: `0-100-`, or `<uuid>:`.
  std::string gtid_prefix(int ordinal) const { return value(ordinal, kind_.gtid_prefix_query()); }
  /// The GTIDs in a pod's binary log.
  std::string logged(int ordinal) const { return value(ordinal, kind_.logged_query()); }
  /// MySQL's super_read_only refuses even root's writes on a replica; MariaDB has nothing like it.
  void let_root_write(int ordinal) const;

  /// Removes all binary logs of a pod but a fresh one.
  void purge_logs(int ordinal) const;
  /// The host that a pod replicates from.
  std::string source_of(int ordinal) const;

  /// Adds `count` rows, at most 100,000, of `bytes` random bytes each, at most 1,024, to test.rows_of on pod 0, which
  /// is made if it is missing.
  void make_rows(int count, int bytes = 100) const;
  /// Count, last id and checksum of test.rows_of.
  std::string fingerprint(int ordinal) const;
  /// The pod has what pod 0 has, once replication has caught up; no row twice, none missing. Nobody may write
  /// meanwhile.
  void expect_same_rows(int ordinal) const;
  /// The data directory has nothing of a copy that did not come to its end.
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
  mutable std::map<int, TlsFiles> certificates_;
  std::uint16_t mysql_port_;
  std::uint16_t clone_port_;
  std::uint16_t http_port_;
  std::map<int, std::unique_ptr<Background>> servers_;
  std::map<int, std::unique_ptr<Background>> sidecars_;
};

/// Writes rows on pod 0, some hundred a second, until it ends. A server that is away is tried again.
class Writer {
 public:
  explicit Writer(const TestSet& set);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  int rows() const { return rows_; }  ///< that the server has acknowledged
  int stop();                         ///< ends, and says how many it wrote

 private:
  const TestSet& set_;
  std::atomic<bool> stop_{false};
  std::atomic<int> rows_{0};
  std::thread thread_;
};

/// A port that is free on 127.0.0.10 to 127.0.0.14.
std::uint16_t free_port();

/// A password that breaks whatever is not quoted right.
std::string awkward_password();

}  // namespace mysql_agent::test
