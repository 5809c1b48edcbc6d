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

/// Writes the files of a stream below one directory with a few threads, each file by one of them, so that the order
/// within a file holds. Pushes written bytes to the disk early, so that the sync at the end is short.
class StageWriter {
 public:
  StageWriter(std::filesystem::path directory, unsigned threads);
  ~StageWriter();
  StageWriter(const StageWriter&) = delete;
  StageWriter& operator=(const StageWriter&) = delete;

  /// Creates the file and its directories; it must not exist. These three throw failed, also for what an earlier call
  /// could not write in the background.
  void open(const std::string& path);
  /// `data` must stay valid as long as `keep` lives.
  void write(const std::string& path, std::uint64_t offset, std::string_view data, std::shared_ptr<char[]> keep);
  void close(const std::string& path);
  /// Of files that are closed; what is still being written goes along. `to` must not exist. Both throw failed.
  void remove(const std::string& path);
  void rename(const std::string& from, const std::string& to);

  /// Waits for all writes, then makes the whole directory durable. Throws failed.
  void finish();

 private:
  struct File {
    std::filesystem::path path;
    Fd fd;
    std::size_t worker = 0;
    std::uint64_t unsynced_from = 0;  // start of the run of bytes that writeback was not asked for yet
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
