#include "common/volume/publish.hpp"

#include "common/base/file.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using test::code_of;
using test::read_text;
using test::TempDir;
using test::write_text;
namespace fs = std::filesystem;

namespace {

// The states of copies, which say how a copy was made.
AgentState made_by(Origin origin, Engine engine) {
  AgentState copy;
  copy.origin = origin;
  copy.engine = engine;
  return copy;
}

const AgentState by_stream = made_by(Origin::clone, Engine::xtrabackup);

void fill_staging(const DataDir& dir) {
  write_text(dir.staging() / "ibdata1", "pages");
  write_text(dir.staging() / "mysql" / "global_priv.MAD", "accounts");
  write_text(dir.staging() / "app" / "t.ibd", "rows");
  write_text(dir.staging() / "zoo" / "t.ibd", "animals");
  write_text(dir.staging() / "xtrabackup_checkpoints", "backup_type = log-applied\n");
  write_text(dir.staging() / "backup-my.cnf", "[mysqld]\n");
}

void check_published(const DataDir& dir) {
  CHECK(list_directory(dir.root) == std::vector<std::string>{".mysql-agent", "app", "ibdata1", "mysql", "zoo"});
  CHECK(read_text(dir.root / "mysql" / "global_priv.MAD") == "accounts");
  CHECK(read_text(dir.root / "app" / "t.ibd") == "rows");
  CHECK(read_text(dir.root / "zoo" / "t.ibd") == "animals");
  CHECK(read_text(dir.root / "ibdata1") == "pages");
  CHECK_FALSE(fs::exists(dir.staging()));
}

}  // namespace

TEST_CASE("publishing moves all but the tool's files, and staging is gone") {
  const TempDir root;
  const DataDir dir{root.path()};
  fill_staging(dir);
  publish_staging(dir, by_stream);
  check_published(dir);
}

TEST_CASE("publishing goes on from every point where it was interrupted") {
  const std::vector<std::string> order{"app", "ibdata1", "zoo", "mysql"};
  for (std::size_t done = 0; done <= order.size(); ++done) {
    INFO(done << " entries were renamed");
    const TempDir root;
    const DataDir dir{root.path()};
    fill_staging(dir);
    for (std::size_t i = 0; i < done; ++i) fs::rename(dir.staging() / order[i], dir.root / order[i]);
    publish_staging(dir, by_stream);
    check_published(dir);
  }
}

TEST_CASE("publishing twice is publishing once") {
  const TempDir root;
  const DataDir dir{root.path()};
  fill_staging(dir);
  publish_staging(dir, by_stream);
  publish_staging(dir, by_stream);
  check_published(dir);
}

TEST_CASE("publishing goes on where only the tool's files were left to remove") {
  const TempDir root;
  const DataDir dir{root.path()};
  fill_staging(dir);
  publish_staging(dir, by_stream);
  write_text(dir.staging() / "backup-my.cnf", "[mysqld]\n");
  publish_staging(dir, by_stream);
  check_published(dir);
}

TEST_CASE("publishing never replaces what is there") {
  const TempDir root;
  const DataDir dir{root.path()};
  fill_staging(dir);
  SECTION("a file") {
    write_text(dir.root / "ibdata1", "somebody's");
    CHECK_THROWS_AS(publish_staging(dir, by_stream), Error);
    CHECK(read_text(dir.root / "ibdata1") == "somebody's");
    CHECK(read_text(dir.staging() / "ibdata1") == "pages");
  }
  SECTION("an empty directory") {
    fs::create_directory(dir.root / "zoo");
    CHECK_THROWS_AS(publish_staging(dir, by_stream), Error);
    CHECK(fs::is_empty(dir.root / "zoo"));
    CHECK(read_text(dir.staging() / "zoo" / "t.ibd") == "animals");
  }
  // Whatever was in the way, no server finds system tables yet.
  CHECK_FALSE(fs::exists(dir.root / "mysql"));
}

TEST_CASE("the system tables are published last") {
  const TempDir root;
  const DataDir dir{root.path()};
  fill_staging(dir);
  fs::create_directory(dir.root / "mysql");
  CHECK_THROWS_AS(publish_staging(dir, by_stream), Error);
  CHECK(list_directory(dir.root) == std::vector<std::string>{".mysql-agent", "app", "ibdata1", "mysql", "zoo"});
  CHECK(fs::is_empty(dir.root / "mysql"));
}

TEST_CASE("databases that are named like the tool's files are published, however the copy was made") {
  const std::vector<std::string> databases{"mariadb_backup_app", "mariadb_backup_info", "xtrabackup_app",
                                           "xtrabackup_logfile"};
  for (const AgentState& copy :
       {by_stream, made_by(Origin::clone, Engine::clone_plugin), made_by(Origin::initialize, Engine::xtrabackup)}) {
    const TempDir root;
    const DataDir dir{root.path()};
    write_text(dir.staging() / "mysql" / "global_priv.MAD", "accounts");
    for (const std::string& name : databases) write_text(dir.staging() / name / "t.ibd", name);
    publish_staging(dir, copy);
    for (const std::string& name : databases) {
      INFO(name);
      CHECK(fs::exists(dir.root / name / "t.ibd"));
    }
  }
}

TEST_CASE(
    "files that are named like the tool's are published where no tool made the copy, and all that it does not write "
    "everywhere") {
  for (const AgentState& copy :
       {by_stream, made_by(Origin::clone, Engine::clone_plugin), made_by(Origin::initialize, Engine::xtrabackup)}) {
    const TempDir root;
    const DataDir dir{root.path()};
    write_text(dir.staging() / "mysql" / "global_priv.MAD", "accounts");
    write_text(dir.staging() / "xtrabackup_info", "the tool's");
    write_text(dir.staging() / "xtrabackup_space.ibd", "a general tablespace");
    publish_staging(dir, copy);
    CHECK(fs::exists(dir.root / "xtrabackup_info") == !(copy == by_stream));
    CHECK(fs::exists(dir.root / "xtrabackup_space.ibd"));
  }
}

TEST_CASE("what a donor's own lost+found and .mysql-agent leave in a stream is not published") {
  const TempDir root;
  const DataDir dir{root.path()};
  fill_staging(dir);
  // XtraBackup writes a db.opt into each empty directory.
  write_text(dir.staging() / "lost+found" / "db.opt", "");
  write_text(dir.staging() / ".mysql-agent" / "db.opt", "");
  fs::create_directory(dir.root / "lost+found");
  publish_staging(dir, by_stream);
  fs::remove(dir.root / "lost+found");
  check_published(dir);
  CHECK(fs::is_empty(dir.agent()));
}

TEST_CASE("publishing without system tables in the end is refused") {
  const TempDir root;
  const DataDir dir{root.path()};
  CHECK(code_of([&] { publish_staging(dir, by_stream); }) == ExitCode::refused);
  write_text(dir.staging() / "ibdata1", "pages");
  CHECK(code_of([&] { publish_staging(dir, by_stream); }) == ExitCode::refused);
}
