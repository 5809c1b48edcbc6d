#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace mysql_agent {

/// Owns one file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();

  int get() const { return fd_; }
  int release();
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
};

/// All of a regular file of at most `max_bytes`. Throws failed, with the path and the cause.
std::string read_file(const std::filesystem::path& path, std::size_t max_bytes);
/// The same, but nullopt where the file does not exist.
std::optional<std::string> read_file_if_exists(const std::filesystem::path& path, std::size_t max_bytes);

/// Replaces `path` so that a crash at any instruction leaves the old content or the new one: a temporary in the
/// same directory, fsync, rename, fsync of the directory. `owner` is applied where the process is root.
/// Throws failed, with the path and the cause.
void write_file_durably(const std::filesystem::path& path, std::string_view content, mode_t mode,
                        std::optional<Owner> owner = std::nullopt);

/// fsync of a directory: makes the names in it durable. Throws failed.
void sync_directory(const std::filesystem::path& directory);

/// For sync_file_system. Throws failed.
Fd open_directory(const std::filesystem::path& directory);
/// Makes all files and names of the file system that `directory` is on durable with one call, syncfs(2). Linux reports
/// write errors here from 5.8 on, those since `directory` was opened. `path` is for the error. Throws failed.
void sync_file_system(const Fd& directory, const std::filesystem::path& path);

/// The names in a directory, sorted, without `.` and `..`. Throws failed.
std::vector<std::string> list_directory(const std::filesystem::path& directory);

/// Makes a directory (mode 0750, not its parents) if it is missing, durably. Throws failed.
void make_directory(const std::filesystem::path& directory, std::optional<Owner> owner = std::nullopt);

/// Removes a file or tree; a missing one is no error. Throws failed.
void remove_tree(const std::filesystem::path& path);

/// rename(2), which never replaces: an existing target is an error. Throws failed. Does not sync.
void rename_no_replace(const std::filesystem::path& from, const std::filesystem::path& to);

/// Gives a whole tree to `owner`, without following symbolic links. Nothing to do unless we are root. Throws failed at
/// the first entry that cannot be given; those before it keep their new owner.
void give_tree(const std::filesystem::path& path, Owner owner);

/// Who owns a file or directory, symbolic links followed. Throws failed where it cannot be looked at.
Owner owner_of(const std::filesystem::path& path);

/// Bytes that an unprivileged user can still write on the file system that holds `path`. Throws failed.
std::uint64_t free_bytes(const std::filesystem::path& path);

/// A file in memory, readable by this user alone, holding `content` and inherited by no child unless it is
/// handed over on purpose (Command::option_file does that). For option files with secrets. Throws failed.
Fd make_memory_file(const char* name, std::string_view content);

}  // namespace mysql_agent
