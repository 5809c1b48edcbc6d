#include "common/base/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "common/base/error.hpp"

namespace mysql_agent {
namespace fs = std::filesystem;
namespace {

constexpr const char* file_hint = "check that the volume is mounted, writable and not full";

Error file_error(const std::string& act, const fs::path& path, int error_number) {
  return failed("cannot " + act + " " + path.string() + ": " + errno_text(error_number), file_hint);
}

void write_all(int fd, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw file_error("write", path, errno);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = other.release();
  }
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

int Fd::release() {
  const int fd = fd_;
  fd_ = -1;
  return fd;
}

std::optional<std::string> read_file_if_exists(const fs::path& path, std::size_t max_bytes) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw file_error("open", path, errno);
  }
  std::string content;
  char buffer[16 * 1024];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw file_error("read", path, errno);
    if (n == 0) return content;
    content.append(buffer, static_cast<std::size_t>(n));
    if (content.size() > max_bytes)
      throw failed(path.string() + " is larger than " + std::to_string(max_bytes) + " bytes",
                   "this is not the file that it should be");
  }
}

std::string read_file(const fs::path& path, std::size_t max_bytes) {
  if (auto content = read_file_if_exists(path, max_bytes)) return *std::move(content);
  throw file_error("open", path, ENOENT);
}

void write_file_durably(const fs::path& path, std::string_view content, mode_t mode, std::optional<Owner> owner) {
  const fs::path temporary = path.parent_path() / ("." + path.filename().string() + ".tmp");
  try {
    Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!fd.valid()) throw file_error("create", temporary, errno);
    // The umask takes bits from the mode of open(), and an older temporary file keeps its own mode.
    if (::fchmod(fd.get(), mode) != 0) throw file_error("set the mode of", temporary, errno);
    if (owner && ::geteuid() == 0 && ::fchown(fd.get(), owner->uid, owner->gid) != 0)
      throw file_error("set the owner of", temporary, errno);
    write_all(fd.get(), content, temporary);
    if (::fsync(fd.get()) != 0) throw file_error("sync", temporary, errno);
    // Network file systems report a failed write at close.
    if (::close(fd.release()) != 0) throw file_error("close", temporary, errno);
    if (std::rename(temporary.c_str(), path.c_str()) != 0) throw file_error("rename into place", path, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_directory(path.parent_path());
}

void sync_directory(const fs::path& directory) {
  const Fd fd = open_directory(directory);
  if (::fsync(fd.get()) != 0) throw file_error("sync", directory, errno);
}

Fd open_directory(const fs::path& directory) {
  Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) throw file_error("open", directory, errno);
  return fd;
}

void sync_file_system(const Fd& directory, const fs::path& path) {
  if (::syncfs(directory.get()) != 0) throw file_error("sync", path, errno);
}

std::vector<std::string> list_directory(const fs::path& directory) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    names.push_back(it->path().filename().string());
  if (error) throw file_error("list", directory, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

void make_directory(const fs::path& directory, std::optional<Owner> owner) {
  if (::mkdir(directory.c_str(), 0750) != 0) {
    if (errno == EEXIST && fs::is_directory(fs::symlink_status(directory))) return;
    throw file_error("create the directory", directory, errno);
  }
  if (owner && ::geteuid() == 0 && ::lchown(directory.c_str(), owner->uid, owner->gid) != 0)
    throw file_error("set the owner of", directory, errno);
  sync_directory(directory.parent_path());
}

void remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) throw file_error("remove", path, error.value());
}

void rename_no_replace(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
  if (errno == EINVAL || errno == ENOSYS) {
    // NFS and some other file systems lack the flag. Only the agent writes here before the server starts, so that a
    // look before the rename is enough.
    std::error_code error;
    if (fs::symlink_status(to, error).type() == fs::file_type::not_found) {
      if (std::rename(from.c_str(), to.c_str()) == 0) return;
    } else {
      errno = EEXIST;
    }
  }
  throw file_error("rename " + from.string() + " to", to, errno);
}

void give_tree(const fs::path& path, Owner owner) {
  if (::geteuid() != 0) return;
  const auto give = [&](const fs::path& entry) {
    if (::lchown(entry.c_str(), owner.uid, owner.gid) != 0) throw file_error("set the owner of", entry, errno);
  };
  give(path);
  std::error_code error;
  for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error))
    give(it->path());
  if (error) throw file_error("list", path, error.value());
}

Owner owner_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw file_error("look at", path, errno);
  return {status.st_uid, status.st_gid};
}

std::uint64_t free_bytes(const fs::path& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0) throw file_error("look at the file system of", path, errno);
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

Fd make_memory_file(const char* name, std::string_view content) {
  Fd fd(::memfd_create(name, MFD_CLOEXEC));
  if (!fd.valid()) throw file_error("create the memory file", name, errno);
  // memfd_create gives mode 0777. The tools of the database ignore an option file that other users can write.
  if (::fchmod(fd.get(), 0600) != 0) throw file_error("set the mode of", name, errno);
  write_all(fd.get(), content, name);
  return fd;
}

namespace {

// The fifth field of a line in mountinfo, where a space is \\040 (man 5 proc).
std::string mount_point_of(const std::string& line) {
  std::istringstream fields(line);
  std::string field;
  for (int i = 0; i < 5; ++i) fields >> field;
  std::string out;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\\' || i + 3 >= field.size()) {
      out += field[i];
      continue;
    }
    out += static_cast<char>(std::strtol(field.substr(i + 1, 3).c_str(), nullptr, 8));
    i += 3;
  }
  return out;
}

}  // namespace

std::vector<std::filesystem::path> mount_points_below(const std::filesystem::path& directory) {
  std::error_code error;
  const std::string prefix = std::filesystem::canonical(directory, error).string() + "/";
  if (error) throw failed("cannot resolve " + directory.string() + ": " + error.message(), "look at the volume");
  std::vector<std::filesystem::path> out;
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);)
    if (const std::string place = mount_point_of(line); place.starts_with(prefix)) out.emplace_back(place);
  return out;
}

std::optional<Fd> lock_directory(const std::filesystem::path& directory) {
  Fd fd = open_directory(directory);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return std::nullopt;
  return fd;
}

}  // namespace mysql_agent
