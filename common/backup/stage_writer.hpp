#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/base/file.hpp"

namespace mysql_agent {

/// Writes the files of a stream into one directory, with a few threads. One thread writes all of a file, so that the
/// order of its writes holds. Written bytes are pushed to the disk early, so that the sync at the end is short.
///
/// Every function throws failed. Its cause can be an earlier write that failed in the background.
class StageWriter {
 public:
  /// `directory` must exist. 0 threads count as 1.
  StageWriter(std::filesystem::path directory, unsigned threads);
  ~StageWriter();
  StageWriter(const StageWriter&) = delete;
  StageWriter& operator=(const StageWriter&) = delete;

  /// Creates a file and the directories of its path. The file must not exist.
  void open(const std::string& path);
  /// Writes bytes of an open file in the background. `data` must stay valid as long as `keep` lives.
  void write(const std::string& path, std::uint64_t offset, std::string_view data, std::shared_ptr<char[]> keep);
  /// Ends an open file, after the writes before it.
  void close(const std::string& path);
  /// Removes a closed file, while writes of it may still wait.
  void remove(const std::string& path);
  /// Renames a closed file, while writes of it may still wait. `to` must not exist.
  void rename(const std::string& from, const std::string& to);

  /// Waits for all writes, then makes all files durable. No other call may follow.
  void finish();

 private:
  struct File {
    std::filesystem::path path;
    Fd fd;
    std::size_t worker = 0;
    // The last run of bytes that the kernel was not told to write back yet.
    std::uint64_t unsynced_from = 0;
    std::uint64_t unsynced_to = 0;
  };
  struct Job {
    std::shared_ptr<File> file;
    std::uint64_t offset = 0;
    std::string_view data;
    std::shared_ptr<char[]> keep;
    bool last = false;
  };
  struct Worker {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Job> jobs;
    bool stop = false;
    std::thread thread;
  };

  void make_parents(const std::string& path);
  void run(Worker& worker);
  void add(Job job);
  void write_job(Job& job);
  void remember(std::exception_ptr error);
  void throw_if_failed();
  void stop_workers();

  std::filesystem::path directory_;
  Fd directory_fd_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::size_t next_worker_ = 0;
  std::unordered_map<std::string, std::shared_ptr<File>> files_;
  std::mutex error_mutex_;
  std::exception_ptr error_;
};

}  // namespace mysql_agent
