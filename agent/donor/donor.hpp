#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "agent/donor/fitness.hpp"
#include "agent/donor/rate_limit.hpp"
#include "agent/donor/send.hpp"
#include "agent/pod/clone_counters.hpp"
#include "agent/pod/verdict.hpp"
#include "common/backup/backup_tool.hpp"
#include "common/net/http_server.hpp"
#include "common/server/mysql_client.hpp"
#include "common/volume/data_dir.hpp"

namespace mysql_agent {

struct DonorOptions {
  DataDir dir;
  ServerLogin login;
  EngineChoice engine{};
  std::optional<BackupTool> tool;  ///< in PATH here
  unsigned parallel = 0;
  unsigned max_clones = 0;
  std::chrono::seconds max_lag{};
  std::chrono::milliseconds stall_timeout{};
  std::uint64_t max_rate = 0;  ///< bytes a second that all clones take together; 0 is no limit
};

/// Port 3307: serves /v1/donor and /v1/clone, at most max_clones clones at once. Only the thread of one io_context uses
/// it.
class Donor {
 public:
  /// `view` is the sidecar's latest look. `look_soon` makes the next look begin at once.
  Donor(DonorOptions options, const PodView& view, std::function<void()> look_soon);

  boost::asio::awaitable<void> handle(PeerStream& stream, HttpRequest request);
  unsigned active() const { return counters_->active; }
  unsigned slots() const { return options_.max_clones; }
  const CloneCounters& counters() const { return *counters_; }
  /// From now on new clones are refused.
  void stop() { stopping_ = true; }

 private:
  DonorInfo info() const;
  /// The answer to a request for a clone that cannot be served now.
  struct Refusal {
    std::string_view reason;  ///< one of clone_refusal
    HttpReply reply;
  };
  /// nullopt: the clone can be served.
  std::optional<Refusal> refuse(bool recovery) const;
  boost::asio::awaitable<void> serve(PeerStream& stream, bool recovery);
  /// Called after the tool's end. Returns why the copy is worthless, or an empty text. `before` is the look at the
  /// clone's beginning.
  boost::asio::awaitable<std::string> judge_copy(const PodView& before, bool recovery) const;
  void count(const CloneOutcome& outcome, std::chrono::milliseconds duration);

  const DonorOptions options_;
  const PodView& view_;
  const std::function<void()> look_soon_;
  // Clones under way share it: the last of them end with the io_context, after this object.
  std::shared_ptr<CloneCounters> counters_ = std::make_shared<CloneCounters>();
  RateLimit rate_;
  bool stopping_ = false;
};

}  // namespace mysql_agent
