#include "common/net/search_list.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;

using Domains = std::vector<std::string>;

TEST_CASE("the domains of a search list") {
  CHECK(search_domains("nameserver 10.96.0.10\n"
                       "search mysql.svc.cluster.local svc.cluster.local\tcluster.local corp.example.\n"
                       "options ndots:5\n") ==
        Domains{"mysql.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp.example"});
  CHECK(search_domains("search a\ndomain b\n") == Domains{"b"});
  CHECK(search_domains("search a ; b\n# search c\n;search d\n") == Domains{"a"});
  for (const char* none : {"", "nameserver 127.0.0.1", "search", "search ."}) CHECK(search_domains(none).empty());
}

TEST_CASE("a full name ends in a dot, and is in the domain of the set") {
  CHECK(full_name("mysql-1.mysql", "default.svc.cluster.local") == "mysql-1.mysql.default.svc.cluster.local.");
  CHECK(full_name("mysql-1.mysql", "") == "mysql-1.mysql");
  for (const char* host : {"mysql-1.mysql.", "127.0.0.11", "fd00::11"})
    CHECK(full_name(host, "default.svc.cluster.local") == host);
}

TEST_CASE("an address and a name that is full are in no domain") {
  CHECK(domain_of("127.0.0.10") == "");
  CHECK(domain_of("mysql-0.mysql.") == "");
}
