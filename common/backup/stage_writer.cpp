#include "common/backup/stage_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/base/error.hpp"

namespace mysql_agent {
namespace fs = std::filesystem;
namespace {

// Large enough for long runs of the disk; small enough to leave little for the sync at the end.
constexpr std::uint64_t writeback_bytes = 8 << 20;

Error write_error(const std::string& act, const fs::path& path, int error_number) {
  return failed("cannot " + act + " " + path.string() + ": " + errno_text(error_number),
                error_number == ENOSPC ? "the volume is full: give this pod a larger one"
                                       : "check that the volume is mounted and writable");
}

}  // namespace

// The directory is opened at the start, because the sync at the end reports the write errors since it was opened.
StageWriter::StageWriter(fs::path directory, unsigned threads)
    : directory_(std::move(directory)), directory_fd_(open_directory(directory_)) {
  for (unsigned i = 0; i < std::max(1U, threads); ++i) workers_.push_back(std::make_unique<Worker>());
  for (auto& worker : workers_) worker->thread = std::thread([this, &worker] { run(*worker); });
}

StageWriter::~StageWriter() {
  stop_workers();
}

void StageWriter::open(const std::string& path) {
  throw_if_failed();
  auto file = std::make_shared<File>();
  file->path = directory_ / path;
  file->worker = next_worker_++ % workers_.size();
  make_parents(path);
  file->fd = Fd(::open(file->path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0660));
  if (!file->fd.valid()) throw write_error("create", file->path, errno);
  files_[path] = std::move(file);
}

void StageWriter::write(const std::string& path, std::uint64_t offset, std::string_view data,
                        std::shared_ptr<char[]> keep) {
  throw_if_failed();
  add({.file = files_.at(path), .offset = offset, .data = data, .keep = std::move(keep), .last = false});
}

void StageWriter::close(const std::string& path) {
  throw_if_failed();
  const auto at = files_.find(path);
  add({.file = at->second, .offset = 0, .data = {}, .keep = nullptr, .last = true});
  files_.erase(at);
}

// A file keeps its descriptor until its last job is done. So its name can change, or be removed, before that.
void StageWriter::remove(const std::string& path) {
  throw_if_failed();
  const fs::path file = directory_ / path;
  if (::unlink(file.c_str()) != 0) throw write_error("remove", file, errno);
}

void StageWriter::rename(const std::string& from, const std::string& to) {
  throw_if_failed();
  make_parents(to);
  rename_no_replace(directory_ / from, directory_ / to);
}

void StageWriter::make_parents(const std::string& path) {
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const fs::path parent = directory_ / path.substr(0, slash);
    if (::mkdir(parent.c_str(), 0700) != 0 && errno != EEXIST) throw write_error("create the directory", parent, errno);
  }
}

void StageWriter::add(Job job) {
  Worker& worker = *workers_[job.file->worker];
  {
    const std::lock_guard lock(worker.mutex);
    worker.jobs.push_back(std::move(job));
  }
  worker.changed.notify_all();
}

void StageWriter::run(Worker& worker) {
  std::unique_lock lock(worker.mutex);
  for (;;) {
    worker.changed.wait(lock, [&] { return worker.stop || !worker.jobs.empty(); });
    if (worker.jobs.empty()) return;
    Job job = std::move(worker.jobs.front());
    worker.jobs.pop_front();
    lock.unlock();
    try {
      write_job(job);
    } catch (...) {
      remember(std::current_exception());
    }
    job = Job();  // returns the buffer to its pool before the next wait
    lock.lock();
  }
}

void StageWriter::write_job(Job& job) {
  File& file = *job.file;
  std::uint64_t at = job.offset;
  for (std::string_view rest = job.data; !rest.empty();) {
    const ssize_t n = ::pwrite(file.fd.get(), rest.data(), rest.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw write_error("write", file.path, errno);
    rest.remove_prefix(static_cast<std::size_t>(n));
    at += static_cast<std::uint64_t>(n);
  }
  if (job.offset != file.unsynced_to) file.unsynced_from = job.offset;
  file.unsynced_to = at;
  if (file.unsynced_to - file.unsynced_from >= writeback_bytes) {
    // This only asks the kernel to begin. The result says nothing about durability, and some file systems lack the
    // call.
    ::sync_file_range(file.fd.get(), static_cast<off_t>(file.unsynced_from),
                      static_cast<off_t>(file.unsynced_to - file.unsynced_from), SYNC_FILE_RANGE_WRITE);
    file.unsynced_from = file.unsynced_to;
  }
  // Network file systems report a failed write at close.
  if (job.last && ::close(file.fd.release()) != 0) throw write_error("close", file.path, errno);
}

void StageWriter::remember(std::exception_ptr error) {
  const std::lock_guard lock(error_mutex_);
  if (!error_) error_ = std::move(error);
}

void StageWriter::throw_if_failed() {
  const std::lock_guard lock(error_mutex_);
  if (error_) std::rethrow_exception(error_);
}

void StageWriter::stop_workers() {
  for (auto& worker : workers_) {
    {
      const std::lock_guard lock(worker->mutex);
      worker->stop = true;
    }
    worker->changed.notify_all();
  }
  for (auto& worker : workers_)
    if (worker->thread.joinable()) worker->thread.join();
}

void StageWriter::finish() {
  stop_workers();
  throw_if_failed();
  // One call replaces an fsync for each of thousands of tables.
  sync_file_system(directory_fd_, directory_);
}

}  // namespace mysql_agent
