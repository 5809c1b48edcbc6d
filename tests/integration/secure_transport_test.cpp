#include <catch2/catch.hpp>

#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

TEST_CASE(
    "where the server takes nothing but TLS, the agent and the backup tool log in by it, and to no server of another "
    "CA") {
  TestSet set;
  const TestCa ca(set.dir(0) / "server-ca");
  const TlsFiles files = ca.issue("server", "IP:" + TestSet::address(0));
  write_text(set.config_map() / "primary.cnf", "[mysqld]\nrequire_secure_transport=ON\nssl_ca=" + ca.file().string() +
                                                   "\nssl_cert=" + files.certificate.string() +
                                                   "\nssl_key=" + files.key.string() + "\n");
  REQUIRE(set.init(0).exit_code == 0);
  REQUIRE(set.clone(0).exit_code == 0);
  set.start_server(0);
  REQUIRE(eventually(std::chrono::seconds(60),
                     [&] { return set.status(0, {"--mysql-tls"}).output.find("position") != std::string::npos; }));
  const std::string refused = set.kind().name() == "mariadb-10.11" ? "failed: 1045" : "failed: 3159";
  CHECK_THAT(set.status(0).output, Catch::Contains(refused));
  CHECK_THAT(set.doctor(0).output, Catch::Contains(refused));
  const TestCa other(set.dir(0) / "other-ca");
  CHECK_THAT(set.status(0, {"--mysql-tls-ca", other.file()}).output, Catch::Contains("failed: 2026"));

  int recipient = 0;
  for (const Arguments& tls : {Arguments{"--mysql-tls"}, Arguments{"--mysql-tls-ca", ca.file()}}) {
    INFO(tls.front());
    set.start_sidecar(0, tls);
    set.wait_ready(0);
    set.wait_clonable(0);
    CHECK(set.status(0, tls).exit_code == 0);
    CHECK(set.doctor(0, tls).exit_code == 0);
    REQUIRE(set.init(++recipient).exit_code == 0);
    const Ran cloned = set.clone(recipient);
    INFO(cloned.output << set.sidecar(0).output());
    CHECK(cloned.exit_code == 0);
    set.stop_sidecar(0);
  }

  set.start_sidecar(0, {"--mysql-tls"});
  set.wait_ready(0);
  set.start_containers(recipient);
  ServerLogin by_tls = set.login(0);
  by_tls.tls = true;
  MysqlClient(by_tls, std::chrono::seconds(30)).execute("CREATE DATABASE arrives");
  CHECK(eventually(std::chrono::seconds(30), [&] {
    return set.value(recipient, "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'arrives'") ==
           "1";
  }));
}
