#include "common/base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using test::code_of;
using test::read_text;
using test::TempDir;
using test::write_text;
namespace fs = std::filesystem;

namespace {

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

}  // namespace

TEST_CASE("a descriptor is closed by its owner, once") {
  int number = -1;
  {
    Fd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = first.get();
    Fd second(std::move(first));
    CHECK_FALSE(first.valid());
    CHECK(second.get() == number);
    Fd third(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int old = third.get();
    third = std::move(second);
    CHECK_FALSE(is_open(old));
    CHECK(third.get() == number);
    CHECK(is_open(number));
  }
  CHECK_FALSE(is_open(number));
}

TEST_CASE("a file is read up to its limit") {
  const TempDir dir;
  write_text(dir / "f", "12345");
  CHECK(read_file(dir / "f", 5) == "12345");
  CHECK(code_of([&] { read_file(dir / "f", 4); }) == ExitCode::failed);
  CHECK_FALSE(read_file_if_exists(dir / "none", 5).has_value());
  CHECK_FALSE(read_file_if_exists(dir / "f" / "below", 5).has_value());
  const Error error = test::error_of([&] { read_file(dir / "none", 5); });
  CHECK(error.code() == ExitCode::failed);
  CHECK_THAT(error.what(), Catch::Contains((dir / "none").string()) && Catch::Contains("No such file"));
  CHECK(code_of([&] { read_file_if_exists(dir.path(), 5); }) == ExitCode::failed);
}

TEST_CASE("a durable write replaces the file, sets its mode, and leaves no temporary") {
  const TempDir dir;
  write_file_durably(dir / "f", "old", 0600);
  write_file_durably(dir / "f", std::string_view("new\0x", 5), 0644);
  CHECK(read_text(dir / "f") == std::string("new\0x", 5));
  CHECK(mode_of(dir / "f") == 0644);
  CHECK(list_directory(dir.path()) == std::vector<std::string>{"f"});
}

TEST_CASE("a durable write survives the temporary of a killed one") {
  const TempDir dir;
  write_text(dir / ".f.tmp", "longer than what is written now");
  write_file_durably(dir / "f", "new", 0640);
  CHECK(read_text(dir / "f") == "new");
  CHECK(mode_of(dir / "f") == 0640);
}

TEST_CASE("a durable write does not follow a link planted as its temporary") {
  const TempDir dir;
  write_text(dir / "victim", "untouched");
  fs::create_symlink(dir / "victim", dir / ".f.tmp");
  CHECK(code_of([&] { write_file_durably(dir / "f", "new", 0600); }) == ExitCode::failed);
  CHECK(read_text(dir / "victim") == "untouched");
}

TEST_CASE("a durable write that fails leaves the old content and no temporary") {
  const TempDir dir;
  fs::create_directories(dir / "f" / "full");
  CHECK(code_of([&] { write_file_durably(dir / "f", "new", 0600); }) == ExitCode::failed);
  CHECK(list_directory(dir.path()) == std::vector<std::string>{"f"});
  CHECK(code_of([&] { write_file_durably(dir / "none" / "f", "new", 0600); }) == ExitCode::failed);
}

TEST_CASE("the names in a directory are sorted") {
  const TempDir dir;
  CHECK(list_directory(dir.path()).empty());
  for (const char* name : {"b", "a", ".c"}) write_text(dir / name, "");
  CHECK(list_directory(dir.path()) == std::vector<std::string>{".c", "a", "b"});
  CHECK(code_of([&] { list_directory(dir / "none"); }) == ExitCode::failed);
}

TEST_CASE("making a directory that is there is no error, but a file in its place is") {
  const TempDir dir;
  make_directory(dir / "d");
  CHECK((mode_of(dir / "d") & 07027) == 0);
  write_text(dir / "d" / "f", "kept");
  CHECK_NOTHROW(make_directory(dir / "d"));
  CHECK(read_text(dir / "d" / "f") == "kept");
  CHECK(code_of([&] { make_directory(dir / "d" / "f"); }) == ExitCode::failed);
  CHECK(code_of([&] { make_directory(dir / "none" / "d"); }) == ExitCode::failed);
  fs::create_directory_symlink(dir / "d", dir / "link");
  CHECK(code_of([&] { make_directory(dir / "link"); }) == ExitCode::failed);
}

TEST_CASE("removing a tree does not follow links out of it") {
  const TempDir dir;
  write_text(dir / "outside" / "f", "kept");
  write_text(dir / "tree" / "deep" / "f", "gone");
  fs::create_directory_symlink(dir / "outside", dir / "tree" / "link");
  remove_tree(dir / "tree");
  CHECK_FALSE(fs::exists(dir / "tree"));
  CHECK(read_text(dir / "outside" / "f") == "kept");
  CHECK_NOTHROW(remove_tree(dir / "tree"));
}

TEST_CASE("a rename never replaces") {
  const TempDir dir;
  write_text(dir / "from", "new");
  write_text(dir / "to", "old");
  CHECK(code_of([&] { rename_no_replace(dir / "from", dir / "to"); }) == ExitCode::failed);
  CHECK(read_text(dir / "to") == "old");
  CHECK(read_text(dir / "from") == "new");
  fs::create_directory(dir / "empty");
  fs::create_directory(dir / "other");
  CHECK(code_of([&] { rename_no_replace(dir / "empty", dir / "other"); }) == ExitCode::failed);
  rename_no_replace(dir / "from", dir / "free");
  CHECK(read_text(dir / "free") == "new");
  CHECK(code_of([&] { rename_no_replace(dir / "from", dir / "free2"); }) == ExitCode::failed);
}

TEST_CASE("a memory file is private, closed for children, and holds its content") {
  const Fd fd = make_memory_file("login.cnf", "[client]\n");
  struct stat status {};
  REQUIRE(::fstat(fd.get(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(read_text("/proc/self/fd/" + std::to_string(fd.get())) == "[client]\n");
}

TEST_CASE("a file system is synced, and its free bytes are told") {
  const TempDir dir;
  const Fd fd = open_directory(dir.path());
  CHECK_NOTHROW(sync_file_system(fd, dir.path()));
  CHECK_NOTHROW(sync_directory(dir.path()));
  CHECK(free_bytes(dir.path()) > 0);
  CHECK(owner_of(dir.path()).uid == ::geteuid());
  CHECK(code_of([&] { open_directory(dir / "none"); }) == ExitCode::failed);
  CHECK(code_of([&] { free_bytes(dir / "none"); }) == ExitCode::failed);
  CHECK(code_of([&] { owner_of(dir / "none"); }) == ExitCode::failed);
}
