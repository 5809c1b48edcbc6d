#include "agent/clone/preflight.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/base/units.hpp"

namespace mysql_agent {
namespace fs = std::filesystem;

void check_no_server(const DataDir& dir) {
  const fs::path file = dir.root / "ibdata1";
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  // On a file system without locks a server holds no lock either.
  if (::fcntl(fd.get(), F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return;
  throw failed("a server runs on " + dir.root.string() + ": " + file.string() + " is locked" +
                   (lock.l_pid > 0 ? " by process " + std::to_string(lock.l_pid) : ""),
               "clone-mysql runs before the server; stop that one, or wait for its end");
}

Fd lock_data_dir(const DataDir& dir) {
  auto lock = lock_directory(dir.root);
  if (!lock)
    throw failed("another clone-mysql works on " + dir.root.string(), "wait for its end; the next start looks again");
  return std::move(*lock);
}

void check_no_mounts(const DataDir& dir) {
  for (const fs::path& place : mount_points_below(dir.root))
    if (!place.string().starts_with(fs::canonical(dir.agent().parent_path()).string() + "/" + reserved_names::agent))
      throw failed("a volume is mounted at " + place.string() +
                       ", inside of the data directory: the old data cannot be "
                       "moved away, and is untouched",
                   "mount that volume outside of the data directory; or withdraw the request: `mysql-agent reclone "
                   "--cancel`");
}

void check_writable(const DataDir& dir) {
  for (const fs::path& directory : {dir.root, dir.agent(), dir.staging()}) {
    if (::faccessat(AT_FDCWD, directory.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) == 0) continue;
    const int error = errno;
    if (error == ENOENT && directory != dir.root) continue;  // it is made when it is needed
    throw usage_error(
        "cannot write in " + directory.string() + " as user " + std::to_string(::geteuid()) + ", group " +
            std::to_string(::getegid()) + ": " + errno_text(error),
        "run clone-mysql as the user that owns the data (runAsUser, fsGroup), and mount the volume writable");
  }
}

void check_space(const DataDir& dir, std::uint64_t clone_bytes, std::uint64_t freed, bool beside_data) {
  const std::uint64_t need = clone_bytes + clone_bytes / 10;
  const std::uint64_t have = free_bytes(dir.root);
  if (have + freed >= need) return;
  std::string what = "the volume at " + dir.root.string() + " has " + size_text(have) + " free";
  if (freed > 0) what += " and " + size_text(freed) + " of old data";
  what += ", and the clone needs about " + size_text(need);
  if (beside_data)
    throw failed(what + " beside the old data, which is untouched",
                 "give this pod a larger volume; or let the old data be removed before the clone: `mysql-agent reclone "
                 "--discard`; or withdraw the request: `mysql-agent reclone --cancel`");
  throw failed(
      what,
      std::string("give this pod a larger volume") +
          (freed > 0 ? "; or withdraw the request, the old data is untouched: `mysql-agent reclone --cancel`" : ""));
}

}  // namespace mysql_agent
