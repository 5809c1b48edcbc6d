#include <catch2/catch.hpp>

#include "common/server/dialect.hpp"
#include "tests/support/metrics.hpp"
#include "tests/support/same_rows.hpp"
#include "tests/support/watch.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* new_password = "another one; of 'course'";

// Changes root's password on the primary, for each host that root may come from.
void change_root(const TestSet& set, const std::string& from, const std::string& to) {
  MysqlClient client(set.login_as(0, "root", from), 30s);
  for (const Row& row : client.query("SELECT host AS at_host FROM mysql.user WHERE user = 'root'"))
    client.execute("ALTER USER 'root'@" + sql_quoted(text_of(row, "at_host")) + " IDENTIFIED BY " + sql_quoted(to));
}

struct RootPasswords {
  std::filesystem::path now;
  std::filesystem::path before;
  Arguments flags() const { return {"--mysql-password-file", now, "--mysql-previous-password-file", before}; }
};

void restart_sidecar(TestSet& set, int ordinal, const Arguments& flags) {
  if (set.has_sidecar(ordinal)) set.stop_sidecar(ordinal);
  set.start_sidecar(ordinal, flags);
}

void wait_password_known(const TestSet& set, int ordinal, const std::string& missing) {
  INFO(set.probe(ordinal, "/status").body);
  CHECK(eventually(30s, [&] { return metric(set, ordinal, "deviation{kind=\"password\"}") == missing; }));
}

}  // namespace

TEST_CASE("root's password is changed while a replica is behind, and no sidecar is locked out", "[family]") {
  TestSet set;
  const RootPasswords to_new{set.dir(0).parent_path() / "new-root-password", set.root_password_file()};
  write_text(to_new.now, new_password);
  set.start_pods(2);
  set.make_rows(20);
  set.expect_same_rows(1);
  INFO("the files come first: all servers have the previous password, and a donor serves clones with it");
  for (const int pod : {0, 1}) {
    restart_sidecar(set, pod, to_new.flags());
    set.wait_ready(pod);
    wait_password_known(set, pod, "1");
    set.wait_clonable(pod);
  }
  CHECK_THAT(set.status(1, to_new.flags()).output, Catch::Contains("took the previous one"));
  set.start_pod(2);
  CHECK_THAT(read_text(set.state_file(2)), Catch::Contains("\"donor\": \"mysql-1\""));
  set.stop_pod(2);
  INFO("then the primary, while the replica's server does not replicate");
  set.stop_sidecar(1);
  set.sql(1, set.kind().is_mysql() ? "STOP REPLICA" : "STOP SLAVE");
  set.make_rows(5);
  change_root(set, awkward_password(), new_password);
  wait_password_known(set, 0, "0");
  set.wait_ready(0);
  INFO("without the previous password the replica's sidecar cannot log in, and replication cannot bring the new one");
  set.start_sidecar(1, {"--mysql-password-file", to_new.now});
  set.wait_not_ready(1, "1045");
  INFO("with it the replica catches up, and has the new one");
  restart_sidecar(set, 1, to_new.flags());
  set.wait_ready(1);
  wait_password_known(set, 1, "0");
  set.wait_clonable(1);
  INFO("and back");
  const RootPasswords back{to_new.before, to_new.now};
  for (const int pod : {0, 1}) restart_sidecar(set, pod, back.flags());
  change_root(set, new_password, awkward_password());
  for (const int pod : {0, 1}) {
    set.wait_ready(pod);
    wait_password_known(set, pod, "0");
    restart_sidecar(set, pod, {});
    set.wait_ready(pod);
  }
  set.expect_same_rows(1);
}

TEST_CASE("the passwords for replication and clones are changed by a restart of all pods, the primary last",
          "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(20);
  set.expect_same_rows(1);
  const std::string before = set.value(0, "SELECT authentication_string FROM mysql.user WHERE user = 'replication'");
  write_text(set.replication_password_file(), new_password);
  write_text(set.clone_password_file(), new_password);
  for (const int pod : {1, 0}) {
    INFO("pod " << pod);
    set.stop_pod(pod);
    set.start_pod(pod);
    set.make_rows(5);
  }
  set.wait_ready(1);
  set.expect_same_rows(1);
  CHECK(set.value(0, "SELECT authentication_string FROM mysql.user WHERE user = 'replication'") != before);
  INFO("a new pod logs in with the new ones");
  set.wait_clonable(1);
  set.start_pod(2);
  set.expect_same_rows(2);
}
