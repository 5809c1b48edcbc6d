#include "common/backup/clone_protocol.hpp"

#include "common/base/json.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/versions.hpp"

using namespace mysql_agent;
using test::code_of;
using test::mariadb_version;

namespace {

DonorInfo full_info() {
  DonorInfo info;
  info.pod = "mysql-1";
  info.role = Role::replica;
  info.server = mariadb_version(10, 11, 19);
  info.server_uuid = "8a94f357-aab4-11df-86ab-c80aa9429562";
  info.server_port = 3310;
  info.by_gtid = false;
  info.set_id = "0f8fad5bd9cb469fa165e1b2a4b0c0d1";
  info.tool_name = "mariadb-backup";
  info.tool_version = "10.11.19";
  info.engines = {"xtrabackup"};
  info.recoveries = {{"a", "0-100-3"}};
  info.disabled_events = {"`test`.`paused`"};
  info.position = "0-100-5";
  info.unapplied = "0-100-9";
  info.applied = "0-100-4";
  info.age = std::chrono::milliseconds(1500);
  info.held = "diverged";
  info.replication_state = "running";
  info.lag_seconds = 3;
  info.replication_error = "none \"yet\"\n";
  info.bytes = 3'100'000'000;
  info.slots_total = 2;
  info.slots_free = 1;
  info.has_data = true;
  info.empty = true;
  info.knows_of_data = true;
  info.known_data = {{"mysql-2", "has data at 0-100-5"}};
  info.fit = false;
  info.reason = "it is behind";
  return info;
}

std::string digest_of(std::initializer_list<std::string_view> parts) {
  StreamDigest digest;
  for (const std::string_view part : parts) digest.update(part);
  return digest.text();
}

}  // namespace

TEST_CASE("a number in a donor's answer that does not fit is an error") {
  for (const auto& [from, to] :
       {std::pair("\"total\": 2", "\"total\": 4294967298"), std::pair("\"port\": 3310", "\"port\": 68846"),
        std::pair("\"bytes\": 3100000000", "\"bytes\": 1e57"),
        std::pair("\"protocol\": 1", "\"protocol\": 4294967297")}) {
    std::string text = donor_info_text(full_info());
    const std::size_t at = text.find(from);
    INFO(to);
    REQUIRE(at != std::string::npos);
    CHECK_THROWS_AS(parse_donor_info(text.replace(at, std::string(from).size(), to)), Error);
  }
}

TEST_CASE("a donor's answer comes back as it was") {
  const DonorInfo info = parse_donor_info(donor_info_text(full_info()));
  CHECK(info.pod == "mysql-1");
  CHECK(info.role == Role::replica);
  CHECK(info.server == mariadb_version(10, 11, 19));
  CHECK(info.server_uuid == full_info().server_uuid);
  CHECK(info.by_gtid == false);
  CHECK(info.server_port == 3310);
  CHECK(info.set_id == "0f8fad5bd9cb469fa165e1b2a4b0c0d1");
  CHECK(info.tool_name == "mariadb-backup");
  CHECK(info.tool_version == "10.11.19");
  CHECK(info.engines == std::vector<std::string>{"xtrabackup"});
  CHECK(info.position == "0-100-5");
  CHECK(info.recoveries == full_info().recoveries);
  CHECK(info.disabled_events == full_info().disabled_events);
  CHECK(info.unapplied == "0-100-9");
  CHECK(info.applied == "0-100-4");
  CHECK(info.age == std::chrono::milliseconds(1500));
  CHECK(info.held == "diverged");
  CHECK(info.replication_state == "running");
  CHECK(info.lag_seconds == 3U);
  CHECK(info.replication_error == "none \"yet\"\n");
  CHECK(info.bytes == 3'100'000'000);
  CHECK(info.slots_total == 2);
  CHECK(info.slots_free == 1);
  CHECK(info.has_data);
  CHECK(info.empty);
  CHECK(info.knows_of_data);
  CHECK(info.known_data == std::vector<KnownData>{{"mysql-2", "has data at 0-100-5"}});
  CHECK_FALSE(info.fit);
  CHECK(info.reason == "it is behind");
}

TEST_CASE("a primary's answer, of a server that does not answer, comes back too") {
  DonorInfo info;
  info.pod = "mysql-0";
  info.role = Role::primary;
  info.fit = true;
  const DonorInfo back = parse_donor_info(donor_info_text(info));
  CHECK(back.role == Role::primary);
  CHECK(back.fit);
  CHECK_FALSE(back.has_data);
  CHECK_FALSE(back.empty);
  CHECK_FALSE(back.lag_seconds.has_value());
  CHECK(back.server == ServerVersion{});
  CHECK(donor_info_text(back) == donor_info_text(info));
}

TEST_CASE("the names in a donor's answer are fixed") {
  const std::string text = donor_info_text(full_info());
  for (const char* part : {"\"protocol\": 1", "\"pod\": \"mysql-1\"", "\"role\": \"replica\"",
                           "\"flavour\": \"mariadb\"", "\"version\": \"10.11.19\"", "\"port\": 3310", "\"engines\"",
                           "\"position\"", "\"lag_seconds\": 3", "\"total\": 2", "\"free\": 1", "\"has_data\": true",
                           "\"empty\": true", "\"knows_of_data\": true", "\"fit\": false", "\"reason\""}) {
    INFO(part);
    CHECK_THAT(text, Catch::Contains(part));
  }
}

TEST_CASE(
    "a donor from before these were in its answer has no recovery, nothing unapplied, no hold, and is some seconds "
    "old") {
  auto json = parse_json(donor_info_text(full_info()));
  for (const char* name : {"recoveries", "unapplied", "applied", "age_ms", "disabled_events"}) json.erase(name);
  json["replication"].erase("held");
  const DonorInfo info = parse_donor_info(json.dump());
  CHECK(info.recoveries.empty());
  CHECK_FALSE(info.disabled_events);
  CHECK(info.unapplied.empty());
  CHECK(info.applied.empty());
  CHECK(info.held.empty());
  CHECK(info.age == std::chrono::seconds(10));
}

TEST_CASE("a donor from before there were ports in its answer has its server at 3306") {
  std::string text = donor_info_text(full_info());
  const std::string port = ",\n    \"port\": 3310";
  const std::size_t at = text.find(port);
  REQUIRE(at != std::string::npos);
  CHECK(parse_donor_info(text.erase(at, port.size())).server_port == 3306);
}

TEST_CASE("the engines in a donor's answer are all read, known or not") {
  DonorInfo info = full_info();
  for (const std::vector<std::string>& engines :
       {std::vector<std::string>{}, {"clone-plugin"}, {"rsync", "xtrabackup"}}) {
    info.engines = engines;
    CHECK(parse_donor_info(donor_info_text(info)).engines == engines);
  }
}

TEST_CASE("a server's error that is no UTF-8 does not fail the answer") {
  DonorInfo info = full_info();
  info.replication_error = "bad \xff byte";
  CHECK_THAT(parse_donor_info(donor_info_text(info)).replication_error,
             Catch::StartsWith("bad ") && Catch::EndsWith(" byte"));
}

TEST_CASE("what is no donor's answer is refused") {
  const std::string text = donor_info_text(full_info());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    const std::size_t at = changed.find(from);
    REQUIRE(at != std::string::npos);
    return changed.replace(at, from.size(), to);
  };
  for (const std::string& bad :
       {std::string(), std::string("<html>404</html>"), std::string("{}"), std::string("[]"),
        text.substr(0, text.size() / 2), with("\"protocol\": 1", "\"protocol\": 2"), with("\"protocol\": 1,", ""),
        with("\"fit\": false", "\"fit\": \"no\""), with("\"10.11.19\"", "\"ten\""),
        with("\"bytes\": 3100000000", "\"bytes\": null"), with("\"port\": 3310", "\"port\": \"3310\""),
        with("\"port\": 3310", "\"port\": null")}) {
    INFO(bad);
    CHECK(code_of([&] { parse_donor_info(bad); }) == ExitCode::failed);
  }
  CHECK_THAT(test::error_of([&] { parse_donor_info(with("\"protocol\": 1", "\"protocol\": 2")); }).what(),
             Catch::Contains("protocol 2"));
}

TEST_CASE("a digest is XXH3-128 in its canonical order") {
  CHECK(digest_of({}) == "xxh3-128=99aa06d3014798d86001c324468d497f");
  CHECK(digest_of({"a"}) == "xxh3-128=a96faf705af16834e6c632b61e964e1f");
  CHECK(digest_of({"mysql-agent"}) == "xxh3-128=cd9516a8492eb3b872cd801e6669c94b");
}

TEST_CASE("a digest counts its bytes and does not depend on the pieces") {
  const std::string data(1000, 'x');
  StreamDigest digest;
  for (std::size_t at = 0; at < data.size(); at += 7) digest.update(std::string_view(data).substr(at, 7));
  CHECK(digest.bytes() == 1000);
  CHECK(digest.text() == digest_of({data}));
  CHECK(digest.text() != digest_of({data, "x"}));
  digest.update("x");
  CHECK(digest.text() == digest_of({data, "x"}));
}
