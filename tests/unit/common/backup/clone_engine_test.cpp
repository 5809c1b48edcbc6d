#include "common/backup/clone_engine.hpp"

#include <catch2/catch.hpp>

using namespace mysql_agent;

namespace {

ServerVersion my(int major, int minor, int patch) {
  return {Flavour::mysql, major, minor, patch};
}
ServerVersion maria(int major, int minor, int patch) {
  return {Flavour::mariadb, major, minor, patch};
}

BackupTool xtrabackup(int major, int minor, int patch) {
  return {"/usr/bin/xtrabackup", "xtrabackup", my(major, minor, patch)};
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
      {my(8, 0, 37), my(8, 0, 37)}, {my(8, 0, 37), my(8, 0, 40)}, {my(8, 0, 40), my(8, 0, 37)},
      {my(8, 4, 0), my(8, 4, 7)},   {my(8, 4, 7), my(8, 4, 0)},   {my(9, 7, 4), my(9, 7, 0)},
      {my(26, 7, 0), my(26, 7, 1)},
  };
  for (const auto& [donor, recipient] : same) CHECK(clone_plugin_mismatch(donor, recipient) == "");
  for (const auto& [donor, recipient] : {std::pair{my(8, 0, 40), my(8, 4, 3)},
                                         {my(8, 4, 3), my(8, 0, 40)},
                                         {my(8, 4, 3), my(9, 4, 3)},
                                         {my(9, 7, 4), my(26, 7, 4)},
                                         {my(8, 0, 37), my(9, 7, 0)},
                                         {my(8, 4, 3), my(9, 7, 4)}})
    check_mismatch(donor, recipient, "the clone plugin needs the same series");
}

TEST_CASE("before 8.0.37 the plugin clones into the very same version alone") {
  for (const int patch : {17, 36}) CHECK(clone_plugin_mismatch(my(8, 0, patch), my(8, 0, patch)) == "");
  for (const auto& [donor, recipient] : {std::pair{my(8, 0, 35), my(8, 0, 36)},
                                         {my(8, 0, 36), my(8, 0, 35)},
                                         {my(8, 0, 36), my(8, 0, 37)},
                                         {my(8, 0, 40), my(8, 0, 36)}})
    check_mismatch(donor, recipient, "before 8.0.37 the clone plugin needs the same version");
}

TEST_CASE("the plugin clones from a long-term series into the next one, and not back") {
  for (const int patch : {0, 4}) CHECK(clone_plugin_mismatch(my(9, 7, 4), my(28, 4, patch)) == "");
  check_mismatch(my(9, 7, 4), my(8, 4, 3), "the clone plugin needs the same series");
  check_mismatch(my(28, 4, 0), my(9, 7, 4), "the clone plugin needs the same series");
  check_mismatch(my(8, 4, 3), my(28, 4, 0), "the clone plugin needs the same series");
  check_mismatch(my(9, 7, 4), my(28, 7, 0), "the clone plugin needs the same series");
  check_mismatch(my(26, 7, 0), my(28, 4, 0), "the clone plugin needs the same series");
}

TEST_CASE("the plugin is MySQL's, from 8.0.17 on, on both sides") {
  const std::string rule = "the clone plugin is MySQL's, from 8.0.17 on";
  for (const ServerVersion& other : {my(8, 0, 16), my(5, 7, 44), maria(10, 11, 19), maria(12, 0, 1)}) {
    check_mismatch(other, my(8, 4, 3), rule);
    check_mismatch(my(8, 4, 3), other, rule);
    check_mismatch(other, other, rule);
  }
}

TEST_CASE("the plugin is wanted where it is said, or where no backup tool fits the server") {
  const ServerVersion server = my(8, 4, 3);
  CHECK_FALSE(wants_clone_plugin(EngineChoice::automatic, xtrabackup(8, 4, 0), server));
  CHECK(wants_clone_plugin(EngineChoice::automatic, std::nullopt, server));
  CHECK(wants_clone_plugin(EngineChoice::automatic, xtrabackup(8, 0, 35), server));
  CHECK(wants_clone_plugin(EngineChoice::automatic, xtrabackup(8, 0, 32), my(8, 0, 36)));
  CHECK(wants_clone_plugin(EngineChoice::clone_plugin, xtrabackup(8, 4, 0), server));
  CHECK(wants_clone_plugin(EngineChoice::clone_plugin, std::nullopt, server));
}

TEST_CASE("the plugin is looked after beside a backup tool where auto was said, and there is a password for it") {
  const ServerVersion server = my(8, 4, 3);
  for (const bool password : {false, true}) {
    // Where it is the engine, in any case; nowhere else where another engine was said.
    CHECK(keeps_clone_plugin(EngineChoice::automatic, std::nullopt, server, password));
    CHECK(keeps_clone_plugin(EngineChoice::clone_plugin, xtrabackup(8, 4, 0), server, password));
    CHECK_FALSE(keeps_clone_plugin(EngineChoice::xtrabackup, std::nullopt, server, password));
    CHECK(keeps_clone_plugin(EngineChoice::automatic, xtrabackup(8, 4, 0), server, password) == password);
    for (const ServerVersion& other : {my(8, 0, 16), my(5, 7, 44), maria(10, 11, 19)})
      CHECK_FALSE(keeps_clone_plugin(EngineChoice::automatic, std::nullopt, other, password));
  }
}

TEST_CASE("the plugin is not wanted where --engine xtrabackup was said, nor on a server that cannot have it") {
  CHECK_FALSE(wants_clone_plugin(EngineChoice::xtrabackup, std::nullopt, my(8, 4, 3)));
  CHECK_FALSE(wants_clone_plugin(EngineChoice::xtrabackup, xtrabackup(8, 0, 35), my(8, 4, 3)));
  for (const EngineChoice choice : {EngineChoice::automatic, EngineChoice::clone_plugin})
    for (const ServerVersion& server : {my(8, 0, 16), my(5, 7, 44), maria(10, 11, 19)})
      CHECK_FALSE(wants_clone_plugin(choice, std::nullopt, server));
}
