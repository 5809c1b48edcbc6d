#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace mysql_agent {

/// Owns one file descriptor, and closes it in the end. Without a descriptor, get() is -1.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();

  int get() const { return fd_; }
  /// Gives the descriptor to the caller, who closes it.
  int release();
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// The user and the group that a file belongs to.
struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
};

/// Reads a whole file of at most `max_bytes`. Throws failed, with the path and the cause, also for a larger file.
std::string read_file(const std::filesystem::path& path, std::size_t max_bytes);
/// Reads a file as read_file does. nullopt: the file does not exist.
std::optional<std::string> read_file_if_exists(const std::filesystem::path& path, std::size_t max_bytes);

/// Replaces the file `path`. A crash at any instruction leaves either the old content or the new content. The content
/// goes into a temporary file in the same directory; then come fsync, rename, and fsync of the directory. `mode` holds
/// whatever the umask is. `owner` is applied if the process is root. Throws failed, with the path and the cause.
void write_file_durably(const std::filesystem::path& path, std::string_view content, mode_t mode,
                        std::optional<Owner> owner = std::nullopt);

/// Makes the names in a directory durable, with fsync. Throws failed.
void sync_directory(const std::filesystem::path& directory);

/// Opens a directory for sync_file_system. Throws failed.
Fd open_directory(const std::filesystem::path& directory);
/// Makes all files and names of the file system of `directory` durable, with one call of syncfs(2). From Linux 5.8 on
/// syncfs also reports the write errors since `directory` was opened (man 2 syncfs). `path` names the directory in the
/// error. Throws failed.
void sync_file_system(const Fd& directory, const std::filesystem::path& path);

/// The names in a directory, sorted, without `.` and `..`. Throws failed.
std::vector<std::string> list_directory(const std::filesystem::path& directory);

/// Makes a directory with mode 0750 if it is missing, durably. Its parent must exist. `owner` is applied to a new
/// directory if the process is root. Throws failed.
void make_directory(const std::filesystem::path& directory, std::optional<Owner> owner = std::nullopt);

/// Removes a file, or a directory with all that is in it. It is no error if `path` is missing. Does not sync. Throws
/// failed.
void remove_tree(const std::filesystem::path& path);

/// Renames `from` to `to`, and never replaces a file: it is an error if `to` exists. Does not sync. Throws failed.
void rename_no_replace(const std::filesystem::path& from, const std::filesystem::path& to);

/// Gives a file, or a directory with all that is in it, to `owner`. Symbolic links are not followed. Does nothing
/// unless the process is root. Throws failed at the first entry that cannot be given; the entries before it keep the
/// new owner.
void give_tree(const std::filesystem::path& path, Owner owner);

/// The owner of a file or directory; symbolic links are followed. Throws failed.
Owner owner_of(const std::filesystem::path& path);

/// Bytes that an unprivileged user can still write on the file system that holds `path`. Throws failed.
std::uint64_t free_bytes(const std::filesystem::path& path);

/// The mount points below `directory` that this process sees, itself not among them. Throws failed.
std::vector<std::filesystem::path> mount_points_below(const std::filesystem::path& directory);

/// Locks a directory for this process until the result is destroyed. nullopt: another process has the lock. On a file
/// system without locks nothing is locked. Throws failed if the directory cannot be opened.
std::optional<Fd> lock_directory(const std::filesystem::path& directory);

/// Makes a file in memory that holds `content`, for option files with secrets. Only this user can read the file. A
/// child inherits the file only by Command::option_file. `name` is for errors and for /proc. Throws failed.
Fd make_memory_file(const char* name, std::string_view content);

}  // namespace mysql_agent
