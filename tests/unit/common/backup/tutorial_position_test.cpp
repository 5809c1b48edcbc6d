#include "common/volume/data_dir.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using test::TempDir;
using test::write_text;

namespace {

// The files have the form of XtraBackup 2.4 with MySQL 5.7, unless a test says otherwise.
const std::string own_log = "mysql-1-bin.000007\t1088\n";
const std::string of_source = "CHANGE MASTER TO MASTER_LOG_FILE='mysql-0-bin.000003', MASTER_LOG_POS=154";
const Position at_source{"", "mysql-0-bin.000003", 154};

std::optional<Position> position_with(const std::map<std::string, std::string>& files) {
  const TempDir root;
  write_text(root / "ibdata1", "pages");
  write_text(root / "mysql" / "user.frm", "accounts");
  write_text(root / "xtrabackup_checkpoints", "backup_type = full-prepared\n");
  for (const auto& [name, text] : files) write_text(root / name, text);
  const DataDirFacts facts = inspect_data_dir({root.path()}, "mysql-2");
  CHECK(facts.content == Content::complete);
  return facts.position;
}

}  // namespace

TEST_CASE("the position of a tutorial's volume is the right one wherever its sidecar was killed") {
  SECTION("the donor was a replica") {
    CHECK(position_with({{"xtrabackup_slave_info", of_source + ";\n"}, {"xtrabackup_binlog_info", own_log}}) ==
          at_source);
    CHECK(position_with({{"xtrabackup_slave_info", of_source + "\n"}, {"xtrabackup_binlog_info", own_log}}) ==
          at_source);
    // The sidecar was killed while it wrote the SQL.
    for (std::size_t length = 0; length <= of_source.size(); ++length)
      CHECK(position_with({{"change_master_to.sql.in", of_source.substr(0, length)},
                           {"xtrabackup_slave_info", of_source + ";\n"},
                           {"xtrabackup_binlog_info", own_log}}) == at_source);
    // The sidecar was killed between the two removals, and after them.
    CHECK(position_with({{"change_master_to.sql.in", of_source + "\n"}, {"xtrabackup_binlog_info", own_log}}) ==
          at_source);
    CHECK(position_with({{"change_master_to.sql.in", of_source + "\n"}}) == at_source);
  }
  SECTION("the donor was the primary") {
    CHECK(position_with({{"xtrabackup_binlog_info", "mysql-0-bin.000003\t154\n"}}) == at_source);
    CHECK(position_with({{"xtrabackup_slave_info", ""}, {"xtrabackup_binlog_info", "mysql-0-bin.000003\t154\n"}}) ==
          at_source);
    CHECK(
        position_with({{"change_master_to.sql.in",
                        "CHANGE MASTER TO MASTER_LOG_FILE='mysql-0-bin.000003',              MASTER_LOG_POS=154\n"}}) ==
        at_source);
  }
  SECTION("GTIDs, whose SQL the tutorial breaks where it strips semicolons") {
    CHECK(position_with({{"xtrabackup_slave_info",
                          "SET GLOBAL gtid_purged='a-b:1-5, c-d:1';\nCHANGE MASTER TO MASTER_AUTO_POSITION=1\n"}})
              ->gtid == "a-b:1-5,c-d:1");
    CHECK(position_with({{"change_master_to.sql.in",
                          "SET GLOBAL gtid_purged='a-b:1-5'\nCHANGE MASTER TO MASTER_AUTO_POSITION=1\n"}})
              ->gtid == "a-b:1-5");
    CHECK(position_with({{"xtrabackup_binlog_info", "mysql-0-bin.000003\t154\ta-b:1-5,\nc-d:1\n"}})->gtid ==
          "a-b:1-5,c-d:1");
  }
}

TEST_CASE("a tutorial's volume whose position is lost, or cannot be trusted, has none") {
  CHECK_FALSE(position_with({}));
  // Both info files were removed, and the SQL was not written or is cut. A cut offset looks like a whole offset.
  for (std::size_t length = 0; length <= of_source.size(); ++length)
    CHECK_FALSE(position_with({{"change_master_to.sql.in", of_source.substr(0, length)}}));
  // After a power failure a removed file is back, and a written file is lost. The donor's own log is no position.
  CHECK_FALSE(position_with({{"change_master_to.sql.in", ""}, {"xtrabackup_binlog_info", own_log}}));
  CHECK_FALSE(position_with({{"xtrabackup_slave_info", of_source.substr(0, 60)}, {"xtrabackup_binlog_info", own_log}}));
  // The tutorial's regular expression takes the last space of a line with GTIDs.
  CHECK_FALSE(
      position_with({{"change_master_to.sql.in",
                      "CHANGE MASTER TO MASTER_LOG_FILE='mysql-0-bin.000003\t154', MASTER_LOG_POS=0-100-5\n"}}));
  // The files are older than the data, because replication has begun.
  CHECK_FALSE(position_with({{"change_master_to.sql.in.orig", of_source + "\n"}}));
}
