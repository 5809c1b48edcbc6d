#include <catch2/catch.hpp>

#include "tests/support/same_rows.hpp"
#include "tests/support/watch.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
using namespace std::chrono_literals;

namespace {

// Counts how often `what` is in `text`.
int count_of(const std::string& text, const std::string& what) {
  int count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("a replica that a person opened is closed again, and the log says so once", "[family]") {
  TestSet set;
  set.start_pods(2);
  set.make_rows(5);
  set.expect_same_rows(1);
  set.sql(1, "SET GLOBAL read_only = OFF");
  CHECK(eventually(15s, [&] { return set.value(1, "SELECT @@GLOBAL.read_only") == "1"; }));
  if (set.kind().is_mysql()) CHECK(set.value(1, "SELECT @@GLOBAL.super_read_only") == "1");
  if (!set.kind().is_mysql()) {
    set.sql(1, "SET GLOBAL gtid_strict_mode = OFF");
    CHECK(eventually(15s, [&] { return set.value(1, "SELECT @@GLOBAL.gtid_strict_mode") == "1"; }));
    CHECK(count_of(set.sidecar(1).output(), "gtid_strict_mode") == 1);
  }
  CHECK(count_of(set.sidecar(1).output(), "closed a replica") == 1);
  set.sql(1, "SET GLOBAL event_scheduler = ON");
  CHECK(eventually(15s, [&] { return set.value(1, "SELECT @@GLOBAL.event_scheduler") == "OFF"; }));
  CHECK(eventually(5s, [&] { return count_of(set.sidecar(1).output(), "event_scheduler") == 1; }));
  INFO("the primary stays open");
  set.make_rows(5);
  set.expect_same_rows(1);
  set.wait_ready(1);
}
