#include "agent/clone/agreement.hpp"

#include "common/base/error.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

ServerSettings settings_of(const std::string& options) {
  return parse_server_settings("mysqld would have been started with the following arguments:\n" + options + " \n", "");
}

DonorInfo donor_like(std::optional<std::uint32_t> names, std::optional<std::uint32_t> page,
                     const std::vector<std::string>& plugins = {}) {
  DonorInfo info;
  info.pod = "mysql-0";
  info.lower_case_table_names = names;
  info.page_size = page;
  info.page_plugins = plugins;
  return info;
}

}  // namespace

TEST_CASE("a donor whose data a server here could not read does not agree") {
  const ServerSettings own = settings_of("--lower-case-table-names=1 --innodb_page_size=16k");
  CHECK(disagreements(donor_like(1, 16384), own).empty());
  CHECK(disagreements(donor_like(std::nullopt, std::nullopt), own).empty());
  CHECK(disagreements(donor_like(0, 4096, {"file_key_management"}), {}).empty());
  const auto found = disagreements(donor_like(0, 4096), own);
  REQUIRE(found.size() == 2);
  CHECK_THAT(found[0].way_out, Catch::Contains("innodb_page_size=4096"));
  CHECK_THAT(found[1].what,
             Catch::Contains("mysql-0's server has lower_case_table_names=0") && Catch::Contains("give 1"));
  const Error error = error_of([&] { refuse_if_any(found); });
  CHECK(error.code() == ExitCode::usage);
  CHECK_THAT(error.what(), Catch::Contains(found[0].what) && Catch::Contains(found[1].what));
  refuse_if_any({});
}

TEST_CASE("a plugin for pages may be loaded if the option files say so, or if it compresses") {
  const TempDir dir;
  write_text(dir / "provider_lz4.so", "");
  write_text(dir / "file_key_management.so", "");
  write_text(dir / "keys", "");
  const std::string place = "--plugin_dir=" + dir.path().string();
  const ServerSettings bare = settings_of(place);
  CHECK_FALSE(plugin_trouble("provider_lz4", bare).has_value());
  CHECK_THAT(plugin_trouble("provider_lzma", bare).value().what,
             Catch::Contains("there is no ") && Catch::Contains("provider_lzma.so"));
  CHECK_THAT(plugin_trouble("file_key_management", bare).value().what, Catch::Contains("do not load it"));
  const std::string load = place + " --plugin-load-add=file_key_management --loose-file-key-management-filename=";
  CHECK_FALSE(plugin_trouble("file_key_management", settings_of(load + (dir / "keys").string())).has_value());
  CHECK_THAT(plugin_trouble("file_key_management", settings_of(load + "/none")).value().what,
             Catch::Contains("there is no file /none"));
  CHECK(disagreements(donor_like(0, 16384, {"provider_lz4", "evil"}), bare).size() == 1);
}

TEST_CASE("files of InnoDB and Aria that lie elsewhere do not agree, and the data directory's own name does") {
  const TempDir dir;
  const std::string root = dir.path().string();
  const auto found = [&](const std::string& options) { return places_elsewhere(settings_of(options), dir.path()); };
  CHECK(found("").empty());
  CHECK(found("--innodb_undo_directory=. --innodb_data_home_dir= --innodb_log_group_home_dir=" + root + "/").empty());
  CHECK(found("--datadir=/var/lib/mysql --innodb_log_group_home_dir=/var/lib/mysql").empty());
  CHECK(found("--innodb_data_file_path=ibdata1:12M;sys2:10M:autoextend").empty());
  for (const std::string option :
       {"innodb_undo_directory=/undo", "innodb-log-group-home-dir=/redo", "innodb_data_home_dir=../data",
        "aria_log_dir_path=aria", "innodb_data_file_path=/system/ibdata1:12M", "innodb_undo_directory=undo"}) {
    INFO(option);
    const auto one = found("--" + option);
    REQUIRE(one.size() == 1);
    CHECK_THAT(one[0].what, Catch::Contains(option.substr(option.find('='))));
  }
}

TEST_CASE("what a donor says of its server's settings comes back, and an older agent says nothing of them") {
  CHECK_FALSE(parse_donor_info(donor_info_text(DonorInfo{})).page_size.has_value());
  const DonorInfo info = parse_donor_info(donor_info_text(donor_like(1, 4096, {"provider_lz4"})));
  CHECK(info.lower_case_table_names == 1U);
  CHECK(info.page_size == 4096U);
  CHECK(info.page_plugins == std::vector<std::string>{"provider_lz4"});
}
