#include "common/backup/clone_engine.hpp"

#include <catch2/catch.hpp>

#include "tests/support/versions.hpp"

using namespace mysql_agent;
using test::mariadb_version;
using test::mysql_version;

namespace {

BackupTool xtrabackup(int major, int minor, int patch) {
  return {.path = "/usr/bin/xtrabackup", .name = "xtrabackup", .version = mysql_version(major, minor, patch)};
}

void check_mismatch(const ServerVersion& donor, const ServerVersion& recipient, const std::string& rule) {
  CHECK(clone_plugin_mismatch(donor, recipient) ==
        rule + ": the donor's server is " + donor.text() + ", and the one here is " + recipient.text());
}

}  // namespace

TEST_CASE("the engines have the names that are written down and sent") {
  CHECK(std::string(engine_name(Engine::xtrabackup)) == "xtrabackup");
  CHECK(std::string(engine_name(Engine::clone_plugin)) == "clone-plugin");
}

TEST_CASE("the plugin clones within a series, from 8.0.37 on whatever the patch") {
  const std::pair<ServerVersion, ServerVersion> same[] = {
      {mysql_version(8, 0, 37), mysql_version(8, 0, 37)}, {mysql_version(8, 0, 37), mysql_version(8, 0, 40)},
      {mysql_version(8, 0, 40), mysql_version(8, 0, 37)}, {mysql_version(8, 4, 0), mysql_version(8, 4, 7)},
      {mysql_version(8, 4, 7), mysql_version(8, 4, 0)},   {mysql_version(9, 7, 4), mysql_version(9, 7, 0)},
      {mysql_version(26, 7, 0), mysql_version(26, 7, 1)},
  };
  for (const auto& [donor, recipient] : same) CHECK(clone_plugin_mismatch(donor, recipient) == std::nullopt);
  for (const auto& [donor, recipient] : {std::pair{mysql_version(8, 0, 40), mysql_version(8, 4, 3)},
                                         {mysql_version(8, 4, 3), mysql_version(8, 0, 40)},
                                         {mysql_version(8, 4, 3), mysql_version(9, 4, 3)},
                                         {mysql_version(9, 7, 4), mysql_version(26, 7, 4)},
                                         {mysql_version(8, 0, 37), mysql_version(9, 7, 0)},
                                         {mysql_version(8, 4, 3), mysql_version(9, 7, 4)}})
    check_mismatch(donor, recipient, "the clone plugin needs the same series");
}

TEST_CASE("before 8.0.37 the plugin clones into the very same version alone") {
  for (const int patch : {17, 36})
    CHECK(clone_plugin_mismatch(mysql_version(8, 0, patch), mysql_version(8, 0, patch)) == std::nullopt);
  for (const auto& [donor, recipient] : {std::pair{mysql_version(8, 0, 35), mysql_version(8, 0, 36)},
                                         {mysql_version(8, 0, 36), mysql_version(8, 0, 35)},
                                         {mysql_version(8, 0, 36), mysql_version(8, 0, 37)},
                                         {mysql_version(8, 0, 40), mysql_version(8, 0, 36)}})
    check_mismatch(donor, recipient, "before 8.0.37 the clone plugin needs the same version");
}

TEST_CASE("the plugin clones from a long-term series into the next one, and not back") {
  for (const int patch : {0, 4})
    CHECK(clone_plugin_mismatch(mysql_version(9, 7, 4), mysql_version(28, 4, patch)) == std::nullopt);
  check_mismatch(mysql_version(9, 7, 4), mysql_version(8, 4, 3), "the clone plugin needs the same series");
  check_mismatch(mysql_version(28, 4, 0), mysql_version(9, 7, 4), "the clone plugin needs the same series");
  check_mismatch(mysql_version(8, 4, 3), mysql_version(28, 4, 0), "the clone plugin needs the same series");
  check_mismatch(mysql_version(9, 7, 4), mysql_version(28, 7, 0), "the clone plugin needs the same series");
  check_mismatch(mysql_version(26, 7, 0), mysql_version(28, 4, 0), "the clone plugin needs the same series");
}

TEST_CASE("the plugin is MySQL's, from 8.0.17 on, on both sides") {
  const std::string rule = "the clone plugin is MySQL's, from 8.0.17 on";
  for (const ServerVersion& other :
       {mysql_version(8, 0, 16), mysql_version(5, 7, 44), mariadb_version(10, 11, 19), mariadb_version(12, 0, 1)}) {
    check_mismatch(other, mysql_version(8, 4, 3), rule);
    check_mismatch(mysql_version(8, 4, 3), other, rule);
    check_mismatch(other, other, rule);
  }
}

TEST_CASE("the plugin is wanted where it is said, or where no backup tool fits the server") {
  const ServerVersion server = mysql_version(8, 4, 3);
  CHECK_FALSE(wants_clone_plugin(EngineChoice::automatic, xtrabackup(8, 4, 0), server));
  CHECK(wants_clone_plugin(EngineChoice::automatic, std::nullopt, server));
  CHECK(wants_clone_plugin(EngineChoice::automatic, xtrabackup(8, 0, 35), server));
  CHECK(wants_clone_plugin(EngineChoice::automatic, xtrabackup(8, 0, 32), mysql_version(8, 0, 36)));
  CHECK(wants_clone_plugin(EngineChoice::clone_plugin, xtrabackup(8, 4, 0), server));
  CHECK(wants_clone_plugin(EngineChoice::clone_plugin, std::nullopt, server));
}

TEST_CASE("the plugin is looked after beside a backup tool where auto is set, and there is a password for it") {
  const ServerVersion server = mysql_version(8, 4, 3);
  for (const bool password : {false, true}) {
    // The password does not matter if the plugin is the engine, or if --engine names the other engine.
    CHECK(keeps_clone_plugin(EngineChoice::automatic, std::nullopt, server, password));
    CHECK(keeps_clone_plugin(EngineChoice::clone_plugin, xtrabackup(8, 4, 0), server, password));
    CHECK_FALSE(keeps_clone_plugin(EngineChoice::xtrabackup, std::nullopt, server, password));
    CHECK(keeps_clone_plugin(EngineChoice::automatic, xtrabackup(8, 4, 0), server, password) == password);
    for (const ServerVersion& other : {mysql_version(8, 0, 16), mysql_version(5, 7, 44), mariadb_version(10, 11, 19)})
      CHECK_FALSE(keeps_clone_plugin(EngineChoice::automatic, std::nullopt, other, password));
  }
}

TEST_CASE("the plugin is not wanted where --engine xtrabackup is set, nor on a server that cannot have it") {
  CHECK_FALSE(wants_clone_plugin(EngineChoice::xtrabackup, std::nullopt, mysql_version(8, 4, 3)));
  CHECK_FALSE(wants_clone_plugin(EngineChoice::xtrabackup, xtrabackup(8, 0, 35), mysql_version(8, 4, 3)));
  for (const EngineChoice choice : {EngineChoice::automatic, EngineChoice::clone_plugin})
    for (const ServerVersion& server : {mysql_version(8, 0, 16), mysql_version(5, 7, 44), mariadb_version(10, 11, 19)})
      CHECK_FALSE(wants_clone_plugin(choice, std::nullopt, server));
}
