#include "agent/replication/missing_watch.hpp"

#include <algorithm>

namespace mysql_agent {
void MissingWatch::note(Clock::time_point at, Flavour flavour, const std::string& position) {
  const auto told = GtidPosition::try_parse(flavour, position);
  if (!told) return;
  const auto since = told_at_ ? std::max(*told_at_, at - told_every) : at;
  told_at_ = at;
  while (!kept_.empty() && !told->covers(kept_.back().position)) kept_.pop_back();
  if (!kept_.empty() && kept_.back().position.covers(*told)) return;
  if (!kept_.empty() && at < kept_at_ + between) return;
  kept_.push_back({since, *told});
  kept_at_ = at;
  thin_out(at);
}

// A kept position is dropped where its two neighbours are as near to each other as their age allows. The next one takes
// its age over, for that has its transactions too.
void MissingWatch::thin_out(Clock::time_point now) {
  for (std::size_t i = 1; i + 1 < kept_.size();)
    if ((kept_[i + 1].at - kept_[i - 1].at) * exact_to <= now - kept_[i + 1].at) {
      kept_[i + 1].at = kept_[i].at;
      kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
}

std::optional<std::chrono::milliseconds> MissingWatch::missing_for(Clock::time_point now, Flavour flavour,
                                                                   const std::string& executed) {
  const auto here = GtidPosition::try_parse(flavour, executed);
  if (!here) return std::nullopt;
  const auto lacks = [&](const Told& told) { return !here->covers(told.position); };
  const auto first = std::find_if(kept_.begin(), kept_.end(), lacks);
  if (first != kept_.begin()) measured_ = true;
  kept_.erase(kept_.begin(), first);
  if (kept_.empty()) return std::nullopt;
  return std::max(std::chrono::milliseconds(0),
                  std::chrono::duration_cast<std::chrono::milliseconds>(now - kept_.front().at));
}

}  // namespace mysql_agent
