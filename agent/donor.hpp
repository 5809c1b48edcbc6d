#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/donor_fitness.hpp"
#include "agent/verdict.hpp"
#include "common/backup_tool.hpp"
#include "common/data_dir.hpp"
#include "common/http_server.hpp"
#include "common/mysql_client.hpp"

namespace mysql_agent {

struct DonorOptions {
  DataDir dir;
  ServerLogin login;
  unsigned parallel = 2;
  unsigned max_clones = 1;
  std::chrono::seconds max_lag{30};
  std::chrono::milliseconds stall_timeout{60'000};
};

/// Port 3307: serves /v1/donor and /v1/clone. Lives on one io_context, and is used on its thread alone.
class Donor {
 public:
  /// `view` is the sidecar's latest look.
  Donor(boost::asio::io_context& io, DonorOptions options, const PodView& view);
  ~Donor();

  boost::asio::awaitable<void> handle(boost::beast::tcp_stream& stream, HttpRequest request);
  unsigned active() const { return *active_; }
  /// New clones are refused from now on.
  void stop() { stopping_ = true; }

 private:
  struct Job;

  DonorInfo info();
  boost::asio::awaitable<void> serve_clone(boost::beast::tcp_stream& stream, bool recovery);
  boost::asio::awaitable<void> run_job(boost::beast::tcp_stream& stream, std::shared_ptr<Job> job);
  boost::asio::awaitable<void> end_tool(std::shared_ptr<Job> job);

  boost::asio::io_context& io_;
  const DonorOptions options_;
  const PodView& view_;
  std::optional<BackupTool> tool_;
  // Shared with the clones under way: the last of them end with the io_context, after this object.
  std::shared_ptr<unsigned> active_ = std::make_shared<unsigned>(0);
  bool stopping_ = false;
};

}  // namespace mysql_agent
