#include "agent/clone/activity.hpp"

#include "agent/clone/receive.hpp"
#include "common/net/http_client.hpp"

namespace mysql_agent {

std::string_view own_clone_failure_of(const Error& error) {
  if (dynamic_cast<const ConnectError*>(&error) != nullptr || dynamic_cast<const HandshakeError*>(&error) != nullptr)
    return own_clone_failure::connection;
  if (dynamic_cast<const StallError*>(&error) != nullptr) return own_clone_failure::stalled;
  if (dynamic_cast<const DonorRefusal*>(&error) != nullptr) return own_clone_failure::refused;
  return own_clone_failure::transfer;
}

CloneActivity::CloneActivity(const PodSet& set)
    : pod_(new_pod_view(set)), what_("looks at the data directory and at the other pods") {}

void CloneActivity::begin(Phase phase, const std::string& what) {
  phase_ = phase;
  what_ = what;
  began_ = Clock::now();
}

void CloneActivity::begin(const std::string& what) {
  const std::lock_guard lock(mutex_);
  begin(Phase::does, what);
}

void CloneActivity::wait(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  begin(Phase::waits, reason);
}

ReceiveProgress& CloneActivity::receive(const std::string& donor, std::uint64_t expected) {
  const std::lock_guard lock(mutex_);
  begin(Phase::receives, donor);
  expected_ = expected;
  progress_.bytes = 0;
  return progress_;
}

void CloneActivity::enter(const std::optional<AgentState>& state) {
  const std::lock_guard lock(mutex_);
  state_ = state;
  empty_ = false;
  known_data_.clear();
}

void CloneActivity::enter_empty(const std::optional<AgentState>& state, std::vector<KnownData> known_data) {
  const std::lock_guard lock(mutex_);
  state_ = state;
  empty_ = true;
  known_data_ = std::move(known_data);
}

void CloneActivity::fail(const Error& error) {
  const std::lock_guard lock(mutex_);
  ++failed_[own_clone_failure_of(error)];
  ++failures_;
  last_failure_ = error.what();
  begin(Phase::does, "looks for a donor");
}

std::string CloneActivity::text(std::chrono::milliseconds elapsed) const {
  std::string out = "clone-mysql ";
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(elapsed).count();
  switch (phase_) {
    case Phase::does: out += what_ + (seconds > 0 ? ", for " + std::to_string(seconds) + " s" : ""); break;
    case Phase::waits: out += "waits: " + what_; break;
    case Phase::receives:
      out += "receives the clone of " + what_ + ": " + progress_text(progress_.bytes, expected_, elapsed);
      break;
  }
  if (failures_ == 1) out += "; one clone failed before: " + last_failure_;
  if (failures_ > 1) out += "; " + std::to_string(failures_) + " clones failed before, the last one: " + last_failure_;
  return out;
}

CloneSnapshot CloneActivity::snapshot(Clock::time_point now) const {
  CloneSnapshot out;
  out.view = pod_;
  const std::lock_guard lock(mutex_);
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - began_);
  out.view.server_error = out.view.clone_activity = text(elapsed);
  out.view.state = state_;
  out.empty = empty_;
  out.known_data = known_data_;
  out.own_clone.failed = failed_;
  if (phase_ != Phase::receives) return out;
  out.own_clone.expected_bytes = expected_;
  if (out.view.state) {
    out.view.state->bytes = progress_.bytes;
    out.view.state->duration = elapsed;
  }
  return out;
}

}  // namespace mysql_agent
