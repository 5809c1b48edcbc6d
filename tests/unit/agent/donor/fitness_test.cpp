#include "agent/donor/fitness.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/pod_view.hpp"

using namespace mysql_agent;
using test::ready_primary;
using test::ready_replica;

namespace {

const BackupTool tool{"/usr/bin/mariadb-backup", "mariadb-backup", {Flavour::mariadb, 10, 11, 6}};

DonorInfo judged(const PodView& view, const std::optional<BackupTool>& with = tool) {
  return judge_donor(view, EngineChoice::automatic, with, std::chrono::seconds(30));
}

const BackupTool xtrabackup{"/usr/bin/xtrabackup", "xtrabackup", {Flavour::mysql, 8, 4, 0}};
const BackupTool old_xtrabackup{"/usr/bin/xtrabackup", "xtrabackup", {Flavour::mysql, 8, 0, 35}};

// A replica of MySQL 8.4 that can be cloned by the plugin.
PodView mysql_replica() {
  PodView view = ready_replica();
  view.server->version = {Flavour::mysql, 8, 4, 3};
  view.server->clone_plugin = true;
  view.clone_account = true;
  return view;
}

PodView mysql_replica(void (*change)(PodView&)) {
  PodView view = mysql_replica();
  change(view);
  return view;
}

void check_offer(const PodView& view, EngineChoice choice, const std::optional<BackupTool>& with, Engine engine) {
  const EngineOffer offer = offer_engine(view, choice, with);
  CHECK(offer.engine == engine);
  CHECK(offer.why_not == "");
}

void check_no_offer(const PodView& view, EngineChoice choice, const std::optional<BackupTool>& with,
                    const std::string& why_not) {
  const EngineOffer offer = offer_engine(view, choice, with);
  CHECK_FALSE(offer.engine.has_value());
  CHECK(offer.why_not == why_not);
}

void check_unfit(const DonorInfo& info, const std::string& reason) {
  CHECK_FALSE(info.fit);
  CHECK_THAT(info.reason, Catch::Contains(reason));
}

}  // namespace

TEST_CASE("a ready replica is a fit donor, and says all that it is") {
  const DonorInfo info = judged(ready_replica());
  CHECK(info.fit);
  CHECK(info.has_data);
  CHECK(info.reason.empty());
  CHECK(info.pod == "mysql-1");
  CHECK(info.role == Role::replica);
  CHECK(info.server == parse_server_version("10.11.19-MariaDB"));
  CHECK(info.server_uuid == "uuid-1");
  CHECK(info.set_id == "set-1");
  CHECK(info.tool_name == "mariadb-backup");
  CHECK(info.tool_version == "10.11.6");
  CHECK(info.engines == std::vector<std::string>{"xtrabackup"});
  CHECK(info.position == "0-100-9");
  CHECK(info.replication_state == "running");
  CHECK(info.lag_seconds == 1U);
  CHECK(info.bytes == 3'100'000'000);
}

TEST_CASE("a donor says whether its server gives every transaction a GTID") {
  CHECK(judged(ready_replica()).by_gtid == true);
  PodView by_file = ready_primary();
  by_file.server->by_gtid = false;
  CHECK(judged(by_file).by_gtid == false);
}

TEST_CASE("a ready primary is a fit donor without a lag") {
  const DonorInfo info = judged(ready_primary());
  CHECK(info.fit);
  CHECK(info.has_data);
  CHECK(info.role == Role::primary);
  CHECK(info.replication_state == "none");
  CHECK_FALSE(info.lag_seconds.has_value());
}

TEST_CASE("a donor whose server does not answer has nothing to give") {
  PodView view = ready_replica();
  view.server.reset();
  view.server_error = "connection refused";
  check_unfit(judged(view), "connection refused");
  CHECK_FALSE(judged(view).has_data);
}

TEST_CASE("a lost source makes a replica unfit, but its data still counts") {
  PodView view = ready_replica();
  view.server->replica->io = {false, true, 2003, "no route to mysql-0"};
  DonorInfo info = judged(view);
  check_unfit(info, "no route to mysql-0");
  CHECK(info.has_data);
  CHECK(info.replication_error == "no route to mysql-0");
  view.server->replica->sql = {false, false, 1062, "duplicate"};
  CHECK(judged(view).replication_error == "duplicate");
  view = ready_replica();
  view.server->replica->lag_seconds = 31;
  info = judged(view);
  check_unfit(info, "31 s behind");
  CHECK(info.has_data);
  view.hold = test::hold_of(HoldKind::diverged);
  check_unfit(judged(view), "transactions of its own");
}

TEST_CASE(
    "a donor says what it has received and not applied yet, what it knows of recoveries, and whether it is held") {
  PodView view = ready_replica();
  CHECK(judged(view).unapplied.empty());
  view.server->replica->received.gtid = "0-100-9";
  CHECK(judged(view).unapplied.empty());
  view.server->replica->received.gtid = "0-100-12";
  CHECK(judged(view).unapplied == "0-100-12");
  CHECK(judged(view).has_data);
  view.server->by_gtid = false;
  CHECK(judged(view).unapplied.empty());
  view.server->by_gtid = true;
  view.server->replica->received.gtid = "nonsense";
  CHECK(judged(view).unapplied.empty());
  view.state->recoveries = {{"a", "0-100-3"}};
  CHECK(judged(view).recoveries == view.state->recoveries);
  CHECK(judged(view).held.empty());
  view.hold = test::hold_of(HoldKind::purged);
  CHECK(judged(view).held == "purged");
}

TEST_CASE("a donor without a tool for its server is unfit") {
  DonorInfo info = judged(ready_replica(), std::nullopt);
  check_unfit(info, "no backup tool");
  CHECK(info.has_data);
  CHECK(info.engines.empty());
  BackupTool other = tool;
  other.version.minor = 6;
  check_unfit(judged(ready_replica(), other), "mariadb 10.6");
  other = tool;
  other.version.flavour = Flavour::mysql;
  check_unfit(judged(ready_replica(), other), "mysql 10.11");
}

TEST_CASE("a donor without a binary log is unfit") {
  PodView view = ready_replica();
  view.server->log_bin = false;
  check_unfit(judged(view), "binary log");
}

TEST_CASE("a pod that leaves something out is unfit, and says what, and its data still counts") {
  for (PodView view : {ready_replica(), ready_primary()}) {
    CHECK(judged(view).filters == "");
    view.server->filters = "replicate_ignore_db=logs";
    const DonorInfo info = judged(view);
    check_unfit(info, "its server leaves something out: replicate_ignore_db=logs");
    PodView waits = view;
    waits.not_judged = true;
    check_unfit(judged(waits), "not confirmed yet; and its server leaves something out");
    CHECK(info.filters == "replicate_ignore_db=logs");
    CHECK(info.has_data);
  }
}

TEST_CASE("a replica whose log lacks what came by replication is unfit, a primary is not") {
  PodView view = ready_replica();
  view.server->logs_replicated = false;
  check_unfit(judged(view), "log_slave_updates=OFF");
  view = ready_primary();
  view.server->logs_replicated = false;
  CHECK(judged(view).fit);
}

TEST_CASE("a copy is worthless whose donor is not what it was any more") {
  PodView before = ready_replica();
  PodView after = before;
  const auto why = [&](bool recovery = false) { return why_worthless(before, after, recovery); };
  const auto worthless = [&](const std::string& reason, bool recovery_too = true) {
    INFO(reason);
    CHECK_THAT(why(), Catch::Contains(reason));
    if (recovery_too) CHECK_THAT(why(true), Catch::Contains(reason));
    else CHECK(why(true) == "");
    after = before;
  };
  CHECK(why() == "");
  after.server->started += 1;
  CHECK(why() == "");
  after = before;
  after.server->replica->io = {false, true, 2003, "no route"};
  CHECK(why() == "");
  after = before;
  after.own = "0-101-10";
  worthless("wrote transactions of its own meanwhile: 0-101-10");
  after.server->filters = "binlog_do_db=a";
  worthless("leaves something out now: binlog_do_db=a");
  after.server->started += 3;
  worthless("started anew");
  after.server.reset();
  worthless("does not answer");
  after.state->state = DataState::cloning;
  worthless("not settled");
  after.state.reset();
  worthless("not settled");
  after.state->set_id = "set-2";
  worthless("another set");
  for (const HoldKind kind : all_hold_kinds) {
    CAPTURE(hold_kind_name(kind));
    after.hold = test::hold_of(kind);
    if (kind == HoldKind::diverged || kind == HoldKind::other_set) worthless("on hold now", false);
    else CHECK(why() == "");
    after = before;
  }
  INFO("what was so before was known when the clone began");
  before.own = after.own = "0-101-10";
  before.server->filters = after.server->filters = "binlog_do_db=a";
  CHECK(why(true) == "");
  after.own = "0-101-11";
  worthless("0-101-11");
}

TEST_CASE("what data counts for a lost primary depends on its state") {
  const auto has_data = [](DataState state) {
    PodView view = ready_replica();
    view.state->state = state;
    return judged(view).has_data;
  };
  for (const DataState state : all_states) {
    CAPTURE(state_name(state));
    CHECK(has_data(state) == is_settled(state));
  }
  PodView view = ready_replica();
  view.state.reset();
  CHECK_FALSE(judged(view).has_data);
}

TEST_CASE("a replica whose clone is unfinished is no fit donor, whatever its server does") {
  for (const DataState state : all_states) {
    if (is_settled(state)) continue;
    PodView view = ready_replica();
    view.state->state = state;
    CAPTURE(state_name(state));
    CHECK_FALSE(judged(view).fit);
  }
}

TEST_CASE("a MySQL server is cloned by the backup tool where that fits, else by the plugin, unless --engine chooses") {
  const PodView view = mysql_replica();
  check_offer(view, EngineChoice::automatic, xtrabackup, Engine::xtrabackup);
  check_offer(view, EngineChoice::automatic, std::nullopt, Engine::clone_plugin);
  check_offer(view, EngineChoice::automatic, old_xtrabackup, Engine::clone_plugin);
  check_offer(view, EngineChoice::xtrabackup, xtrabackup, Engine::xtrabackup);
  check_offer(view, EngineChoice::clone_plugin, xtrabackup, Engine::clone_plugin);
  check_offer(view, EngineChoice::clone_plugin, std::nullopt, Engine::clone_plugin);
}

TEST_CASE("the engine xtrabackup does not fall back to the plugin") {
  check_no_offer(mysql_replica(), EngineChoice::xtrabackup, std::nullopt, "it has no backup tool in PATH");
  check_no_offer(mysql_replica(), EngineChoice::xtrabackup, old_xtrabackup,
                 "its server is mysql 8.4.3, and the tool here is for mysql 8.0");
}

TEST_CASE("a server that the plugin is not for is cloned by the backup tool, or not at all") {
  PodView view = ready_replica();
  check_offer(view, EngineChoice::automatic, tool, Engine::xtrabackup);
  check_offer(view, EngineChoice::xtrabackup, tool, Engine::xtrabackup);
  check_no_offer(view, EngineChoice::automatic, std::nullopt, "it has no backup tool in PATH");
  check_no_offer(view, EngineChoice::automatic, xtrabackup,
                 "its server is mariadb 10.11.19, and the tool here is for mysql 8.4");
  check_no_offer(
      view, EngineChoice::clone_plugin, tool,
      "--engine clone-plugin is set, and its server is mariadb 10.11.19: the plugin is MySQL's, from 8.0.17 on");
  view.server->version = {Flavour::mysql, 8, 0, 16};
  check_no_offer(view, EngineChoice::clone_plugin, tool,
                 "--engine clone-plugin is set, and its server is mysql 8.0.16: the plugin is MySQL's, from 8.0.17 on");
}

TEST_CASE("what the plugin lacks is said, and with --engine auto what the backup tool lacks too") {
  const std::string no_plugin =
      "the clone plugin is not installed on its server: the primary's sidecar installs it where --clone-password-file "
      "is given, and "
      "clones bring it along; on another replica say plugin_load_add=mysql_clone.so in replica.cnf";
  const std::string no_gtid =
      "its server has gtid_mode=OFF, and a clone by the plugin would hold a replica's own position: only the primary "
      "can be cloned";
  const std::string no_account =
      "its server has no account for the clone plugin: the primary's sidecar makes it, from --clone-user and "
      "--clone-password-file";
  const auto check_both = [](const PodView& view, const std::string& why_not) {
    check_no_offer(view, EngineChoice::clone_plugin, xtrabackup, why_not);
    check_no_offer(view, EngineChoice::automatic, std::nullopt, "it has no backup tool in PATH, and " + why_not);
    check_no_offer(view, EngineChoice::automatic, old_xtrabackup,
                   "its server is mysql 8.4.3, and the tool here is for mysql 8.0, and " + why_not);
    // None of it counts where the backup tool serves.
    check_offer(view, EngineChoice::automatic, xtrabackup, Engine::xtrabackup);
  };
  check_both(mysql_replica([](PodView& v) { v.server->clone_plugin = false; }), no_plugin);
  check_both(mysql_replica([](PodView& v) { v.server->by_gtid = false; }), no_gtid);
  check_both(mysql_replica([](PodView& v) { v.clone_account = false; }), no_account);
  check_both(mysql_replica([](PodView& v) { v.server->clone_plugin = v.server->by_gtid = v.clone_account = false; }),
             no_plugin);
  // A primary's own position is the one that its replicas need.
  const PodView primary = mysql_replica([](PodView& v) { v.role = Role::primary, v.server->by_gtid = false; });
  check_offer(primary, EngineChoice::automatic, std::nullopt, Engine::clone_plugin);
}

TEST_CASE("a server that does not answer offers no engine") {
  const PodView view = mysql_replica([](PodView& v) { v.server.reset(); });
  for (const EngineChoice choice : {EngineChoice::automatic, EngineChoice::xtrabackup, EngineChoice::clone_plugin})
    check_no_offer(view, choice, xtrabackup, "its server does not answer");
}

TEST_CASE("a donor's answer names the engine that it offers, its server's port, and why it offers none") {
  PodView view = mysql_replica([](PodView& v) { v.server->port = 3310; });
  const auto said = [&](const std::optional<BackupTool>& with) {
    return judge_donor(view, EngineChoice::automatic, with, std::chrono::seconds(30));
  };
  DonorInfo info = said(std::nullopt);
  CHECK(info.fit);
  CHECK(info.engines == std::vector<std::string>{"clone-plugin"});
  CHECK(info.server_port == 3310);
  CHECK(info.tool_name.empty());
  info = said(xtrabackup);
  CHECK(info.engines == std::vector<std::string>{"xtrabackup", "clone-plugin"});
  CHECK(info.tool_name == "xtrabackup");
  view.clone_account = false;
  info = said(std::nullopt);
  check_unfit(info, "it has no backup tool in PATH, and its server has no account for the clone plugin");
  CHECK(info.engines.empty());
  CHECK(info.has_data);
}

TEST_CASE("beside its tool a donor offers the plugin where auto is set, and plugin and account are there") {
  const auto engines = [](const PodView& view, EngineChoice choice) {
    return judge_donor(view, choice, xtrabackup, std::chrono::seconds(30)).engines;
  };
  using Engines = std::vector<std::string>;
  CHECK(engines(mysql_replica(), EngineChoice::automatic) == Engines{"xtrabackup", "clone-plugin"});
  CHECK(engines(mysql_replica(), EngineChoice::xtrabackup) == Engines{"xtrabackup"});
  CHECK(engines(mysql_replica(), EngineChoice::clone_plugin) == Engines{"clone-plugin"});
  CHECK(engines(mysql_replica([](PodView& v) { v.server->clone_plugin = false; }), EngineChoice::automatic) ==
        Engines{"xtrabackup"});
  CHECK(engines(mysql_replica([](PodView& v) { v.clone_account = false; }), EngineChoice::automatic) ==
        Engines{"xtrabackup"});
}

TEST_CASE("the plugin is not offered where there are tables whose rows it does not copy, and a stream is") {
  PodView view = mysql_replica();
  view.uncopied_tables = {"shop.log", "shop.old"};
  view.uncopied_table_count = 2;
  const std::string others = "MySQL's clone plugin copies InnoDB tables alone, and these are others: ";
  const std::string way_out = "; " + deviation_way_out(DeviationKind::engine);
  check_no_offer(view, EngineChoice::clone_plugin, xtrabackup, others + "shop.log, shop.old" + way_out);
  check_no_offer(view, EngineChoice::automatic, std::nullopt,
                 "it has no backup tool in PATH, and " + others + "shop.log, shop.old" + way_out);
  const EngineOffer stream = offer_engine(view, EngineChoice::automatic, xtrabackup);
  CHECK(stream.engine == Engine::xtrabackup);
  CHECK_FALSE(stream.plugin_too);
  const DonorInfo info = judge_donor(view, EngineChoice::clone_plugin, std::nullopt, std::chrono::seconds(30));
  check_unfit(info, "shop.log, shop.old");
  CHECK(info.has_data);
  view.uncopied_table_count = 41;
  check_no_offer(view, EngineChoice::clone_plugin, xtrabackup, others + "shop.log, shop.old and 39 more" + way_out);
}

TEST_CASE("a donor that lacks what its primary has had for long is unfit, whatever its server says of the lag") {
  PodView view = ready_replica();
  view.missing_for = std::chrono::milliseconds(30'000);
  CHECK(judged(view).fit);
  CHECK(judged(view).lag_seconds == 30U);
  view.missing_for = std::chrono::milliseconds(30'001);
  check_unfit(judged(view), "31 s behind");
}

TEST_CASE("a donor that lost its source offers its engine all the same, for a recovery") {
  PodView view = mysql_replica([](PodView& v) { v.server->replica->io = {false, true, 2003, "no route to mysql-0"}; });
  const DonorInfo info = judge_donor(view, EngineChoice::automatic, std::nullopt, std::chrono::seconds(30));
  CHECK_FALSE(info.fit);
  CHECK(info.has_data);
  CHECK(info.engines == std::vector<std::string>{"clone-plugin"});
}

TEST_CASE("a MariaDB clone's log starts where the clone was, unless it was purged further") {
  PodView view = ready_replica();
  view.state->position.gtid = "0-100-5,1-100-2";
  for (const auto& [of_log, start] :
       {std::pair{"", "0-100-5,1-100-2"}, {"0-100-4", "0-100-5,1-100-2"}, {"0-100-9", "0-100-9,1-100-2"}}) {
    view.server->log_start = of_log;
    CHECK(log_start_of(view) == start);
    CHECK(judged(view).log_start == start);
  }
  view.state->origin = Origin::initialize;
  CHECK(log_start_of(view) == "0-100-9");
}
