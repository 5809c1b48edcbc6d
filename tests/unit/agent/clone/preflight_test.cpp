#include "agent/clone/preflight.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using test::code_of;
using test::error_of;
using test::TempDir;
using test::write_text;
namespace fs = std::filesystem;

namespace {

// Another process that locks a file as InnoDB does; a process sees no lock of its own.
class LockHolder {
 public:
  explicit LockHolder(const fs::path& file) {
    int ready[2];
    if (::pipe(ready) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      const int fd = ::open(file.c_str(), O_RDWR);
      struct flock lock {};
      lock.l_type = F_WRLCK;
      ::fcntl(fd, F_SETLK, &lock);
      [[maybe_unused]] const auto told = ::write(ready[1], "x", 1);
      ::pause();
      ::_exit(0);
    }
    char c = 0;
    [[maybe_unused]] const auto heard = ::read(ready[0], &c, 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~LockHolder() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  LockHolder(const LockHolder&) = delete;
  LockHolder& operator=(const LockHolder&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("a data directory on which a server runs is not touched") {
  const TempDir root;
  const DataDir dir{root.path()};
  check_no_server(dir);
  write_text(root / "ibdata1", "pages");
  check_no_server(dir);
  {
    const LockHolder server(root / "ibdata1");
    const Error error = error_of([&] { check_no_server(dir); });
    CHECK(error.code() == ExitCode::failed);
    CHECK_THAT(error.what(), Catch::Contains("a server runs on " + root.path().string()) &&
                                 Catch::Contains(std::to_string(server.pid())));
    CHECK_THAT(error.hint(), Catch::Contains("stop"));
  }
  check_no_server(dir);
}

TEST_CASE("a data directory in which this user may not write is a usage error, before anything is written") {
  const TempDir root;
  const DataDir dir{root.path()};
  fs::create_directories(dir.staging());
  check_writable(dir);
  const std::vector<fs::path> directories{dir.root, dir.agent(), dir.staging()};
  const fs::path shut = directories.at(GENERATE(0U, 1U, 2U));
  // Others may look, and not write. Root may all, so it becomes somebody else, who has all but that one.
  const uid_t somebody = ::geteuid() == 0 ? 12345 : ::geteuid();
  for (const fs::path& each : directories) fs::permissions(each, each == shut ? fs::perms(0555) : fs::perms(0777));
  const bool was_root = ::geteuid() == 0;
  if (was_root) REQUIRE(::seteuid(somebody) == 0);
  const Error error = error_of([&] { check_writable(dir); });
  if (was_root) REQUIRE(::seteuid(0) == 0);
  fs::permissions(shut, fs::perms(0755));
  CHECK(error.code() == ExitCode::usage);
  CHECK_THAT(error.what(),
             Catch::Contains("cannot write in " + shut.string() + " as user " + std::to_string(somebody)));
  CHECK_THAT(error.hint(), Catch::Contains("runAsUser"));
}

TEST_CASE("a clone needs the donor's estimate and a tenth") {
  const TempDir root;
  const DataDir dir{root.path()};
  const std::uint64_t have = free_bytes(root.path());
  check_space(dir, 0, 0, false);
  check_space(dir, have / 2, 0, true);
  const Error error = error_of([&] { check_space(dir, have, 0, false); });
  CHECK(error.code() == ExitCode::failed);
  CHECK_THAT(error.what(), Catch::Contains("free, and the clone needs about"));
  CHECK_THAT(error.hint(), Catch::Contains("larger volume") && !Catch::Contains("reclone"));
  SECTION("beside old data there is another way out") {
    const Error both = error_of([&] { check_space(dir, have, 0, true); });
    CHECK_THAT(both.what(), Catch::Contains("beside the old data, which is untouched"));
    CHECK_THAT(both.hint(), Catch::Contains("reclone --discard") && Catch::Contains("reclone --cancel"));
  }
  SECTION("what is removed before counts") {
    check_space(dir, have, have, false);
    CHECK_THAT(error_of([&] { check_space(dir, have * 4, have, false); }).hint(), Catch::Contains("reclone --cancel"));
  }
}
