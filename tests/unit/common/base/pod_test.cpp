#include "common/base/pod.hpp"

#include "tests/support/error_of.hpp"

using namespace mysql_agent;
using test::code_of;

TEST_CASE("a pod name splits into set and ordinal") {
  CHECK(parse_pod_name("mysql-0").set == "mysql");
  CHECK(parse_pod_name("mysql-0").ordinal == 0);
  CHECK(parse_pod_name("my-sql-12").set == "my-sql");
  CHECK(parse_pod_name("my-sql-12").ordinal == 12);
  CHECK(parse_pod_name("my-sql-12").name == "my-sql-12");
  CHECK(parse_pod_name("a-4294967295").ordinal == 4294967295U);
}

TEST_CASE("a host name with a domain counts up to its first dot") {
  const Pod pod = parse_pod_name("mysql-1.mysql.default.svc.cluster.local");
  CHECK(pod.name == "mysql-1");
  CHECK(pod.ordinal == 1);
}

TEST_CASE("what is no pod name is a usage error that quotes it") {
  for (const char* name : {"",
                           "mysql",
                           "mysql-",
                           "-1",
                           "mysql-x",
                           "mysql-1x",
                           "mysql-01",
                           "mysql-00",
                           "mysql-4294967296",
                           "mysql-99999999999999999999",
                           "mysql--",
                           "my_sql-1",
                           "Mysql-1",
                           "my sql-1",
                           "mysql/-1",
                           "mysql-1\n",
                           "mysql-+1",
                           "mysql-\xc2\xb9",
                           ".mysql-1",
                           "my'sql-0"}) {
    INFO(name);
    const Error error = test::error_of([&] { parse_pod_name(name); });
    CHECK(error.code() == ExitCode::usage);
    CHECK_THAT(error.what(), Catch::Contains("'" + std::string(name) + "'"));
    CHECK_FALSE(error.hint().empty());
  }
}

TEST_CASE("the pod with the first ordinal is the primary") {
  PodSet set{parse_pod_name("mysql-0")};
  CHECK(set.role() == Role::primary);
  set.pod = parse_pod_name("mysql-1");
  CHECK(set.role() == Role::replica);
  set.first_ordinal = 1;
  CHECK(set.role() == Role::primary);
  CHECK(std::string(role_name(Role::primary)) == "primary");
  CHECK(std::string(role_name(Role::replica)) == "replica");
}

TEST_CASE("the pods that there may be begin at the first ordinal, and end where ordinals do") {
  using Ordinals = std::vector<std::uint32_t>;
  PodSet set{parse_pod_name("mysql-3")};
  CHECK(set.ordinals(2) == Ordinals{0, 1, 2, 3, 4, 5});
  set.first_ordinal = 2;
  CHECK(set.ordinals(0) == Ordinals{2, 3});
  set.pod = parse_pod_name("mysql-4294967293");
  set.first_ordinal = 4294967292;
  CHECK(set.ordinals(1) == Ordinals{4294967292, 4294967293, 4294967294});
  CHECK(set.ordinals(8) == Ordinals{4294967292, 4294967293, 4294967294, 4294967295});
}

TEST_CASE("a peer's host comes from the template") {
  PodSet set{parse_pod_name("db-3")};
  CHECK(set.host(7) == "db-7.mysql");
  CHECK(set.own_host() == "db-3.mysql");
  CHECK(set.source_host() == "db-0.mysql");
  CHECK(set.pod_name(4) == "db-4");
  set.service = "db-headless";
  set.first_ordinal = 2;
  CHECK(set.source_host() == "db-2.db-headless");
  set.peer_host_template = "127.0.0.1{ordinal}";
  CHECK(set.host(5) == "127.0.0.15");
  set.peer_host_template = "{ordinal}-{set}.{ordinal}";
  CHECK(set.host(1) == "1-db.1");
}

TEST_CASE("a template that cannot name peers is a usage error") {
  PodSet set{parse_pod_name("mysql-1")};
  CHECK_NOTHROW(check_pod_set(set));
  for (const char* host : {"{set}.{service}", "", "{set}-{ordinal}.{namespace}", "{set}-{ordinal}}", "{ordinal} x",
                           "{ordinal}'", "{ordinal}\n", "{ordinal}\"", "{ordinal}\\"}) {
    INFO(host);
    set.peer_host_template = host;
    CHECK(code_of([&] { check_pod_set(set); }) == ExitCode::usage);
  }
}

TEST_CASE("a pod below the first ordinal is a usage error") {
  PodSet set{parse_pod_name("mysql-1")};
  set.first_ordinal = 2;
  CHECK(code_of([&] { check_pod_set(set); }) == ExitCode::usage);
  set.first_ordinal = 1;
  CHECK_NOTHROW(check_pod_set(set));
}

TEST_CASE("a pod far beyond the first ordinal is a usage error, and asks nobody") {
  PodSet set{parse_pod_name("runner-1732800000")};
  CHECK_THAT(test::error_of([&] { check_pod_set(set); }).what(), Catch::Contains("more than 9999 ordinals beyond"));
  set.first_ordinal = 1732799999;
  check_pod_set(set);
}

TEST_CASE("a server id is base plus ordinal, from 1 to 2^32-1") {
  CHECK(server_id(100, 0) == 100);
  CHECK(server_id(100, 7) == 107);
  CHECK(server_id(0, 1) == 1);
  CHECK(server_id(4294967290U, 5) == 4294967295U);
  CHECK(code_of([] { server_id(0, 0); }) == ExitCode::usage);
  CHECK(code_of([] { server_id(4294967295U, 1); }) == ExitCode::usage);
}
