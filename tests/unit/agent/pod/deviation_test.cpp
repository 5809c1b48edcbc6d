#include "agent/pod/deviations.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/pod_view.hpp"

using namespace mysql_agent;
using test::ready_primary;
using test::ready_replica;

namespace {

// Of both roles, or of one.
void check(void (*change)(PodView&), const Deviation& expected, bool of_primary) {
  INFO(deviation_name(expected.kind));
  PodView replica = ready_replica();
  change(replica);
  CHECK(deviations_of(replica) == std::vector{expected});
  CHECK_FALSE(deviation_text(expected).empty());
  PodView primary = ready_primary();
  change(primary);
  CHECK(deviations_of(primary) == (of_primary ? std::vector{expected} : std::vector<Deviation>()));
}

}  // namespace

TEST_CASE("a server that is what the agent relies on differs in nothing, and one that is silent says nothing") {
  CHECK(deviations_of(ready_replica()).empty());
  CHECK(deviations_of(ready_primary()).empty());
  PodView silent = ready_replica();
  silent.server.reset();
  silent.plugin_wanted = true;
  CHECK(deviations_of(silent).empty());
}

TEST_CASE("what a server differs in, for each kind") {
  using Kind = DeviationKind;
  check([](PodView& v) { v.server->binlog_format = "STATEMENT"; }, {Kind::binlog_format}, true);
  check([](PodView& v) { v.server->log_bin = false; }, {Kind::log_bin}, true);
  check([](PodView& v) { v.server->logs_replicated = false; }, {Kind::log_replica_updates, "log_slave_updates"}, false);
  check([](PodView& v) { v.server->gtid_strict = false; }, {Kind::gtid_strict_mode}, false);
  check([](PodView& v) { v.server->read_only = false; }, {Kind::read_only, "read_only"}, false);
  check(
      [](PodView& v) {
        v.server->super_read_only = false;
        v.server->read_only = true;
      },
      {Kind::read_only, "super_read_only"}, false);
  check([](PodView& v) { v.primary_server_id = v.server->server_id; }, {Kind::server_id, "101"}, false);
  check([](PodView& v) { v.plugin_wanted = true; }, {Kind::clone_plugin}, true);
  check([](PodView& v) { v.plugin_wanted = v.server->clone_plugin = true; }, {Kind::clone_plugin, "account"}, true);
  check(
      [](PodView& v) {
        v.uncopied_tables = {"a.b", "a.c"};
        v.uncopied_table_count = 3;
      },
      {Kind::engine, "a.b, a.c and 1 more"}, true);
  PodView unsafe = ready_primary();
  unsafe.server->syncs_log = unsafe.server->syncs_data = false;
  CHECK(deviations_of(unsafe) == std::vector{Deviation{Kind::sync_binlog}, Deviation{Kind::flush_log}});
  PodView replica = ready_replica();
  replica.server->syncs_log = replica.server->syncs_data = false;
  CHECK(deviations_of(replica).empty());
  check(
      [](PodView& v) {
        v.server->other_channels = {{"a_feed", "elsewhere:3306", false, "no route"}};
      },
      {Kind::channel, "the other channel a_feed, from elsewhere:3306, does not run: no route"}, true);
}

TEST_CASE("a primary's source outside the set that does not run is a difference once the primary takes writes") {
  PodView view = ready_primary();
  view.server->replica = ready_replica().server->replica;
  CHECK(deviations_of(view).empty());
  view.server->replica->io = {.running = false, .error = "no route"};
  CHECK(deviations_of(view) == std::vector{Deviation{DeviationKind::channel,
                                                     "the primary's source outside the set, mysql-0.mysql:3306, does "
                                                     "not run: no route"}});
  view.server->read_only = true;
  CHECK(deviations_of(view).empty());
}

TEST_CASE(
    "rows by mixed logging, a channel that runs, another server id and a closed primary without the plugin are no "
    "differences") {
  PodView view = ready_replica();
  view.server->binlog_format = "MIXED";
  view.server->other_channels = {{"a_feed", "elsewhere:3306", true, ""}};
  view.primary_server_id = 100;
  PodView closed = ready_primary();
  closed.server->read_only = closed.plugin_wanted = true;
  CHECK(deviations_of(closed).empty());
  CHECK(deviations_of(view).empty());
}

TEST_CASE("the names of the kinds are read back, and what the sidecar told counts more than what is seen") {
  for (const DeviationKind kind : all_deviation_kinds) CHECK(deviation_kind_of(deviation_name(kind)) == kind);
  CHECK_FALSE(deviation_kind_of("of_later"));
  PodView view = ready_replica();
  view.server->log_bin = false;
  view.told_deviations.emplace();
  CHECK(deviations_of(view).empty());
}
