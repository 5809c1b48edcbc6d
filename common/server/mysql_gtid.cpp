#include "common/server/mysql_gtid.hpp"

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <charconv>
#include <limits>

#include "common/base/error.hpp"

namespace mysql_agent {
namespace {

// https://dev.mysql.com/doc/refman/9.7/en/replication-gtids-concepts.html
constexpr std::uint64_t max_number = (1ULL << 63) - 2;
constexpr std::size_t uuid_size = 36;
constexpr std::size_t max_tag = 32;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}
bool is_tag_start(char c) {
  return c == '_' || (c >= 'a' && c <= 'z');
}

// Takes one part after the other from a text in lower case. White space before a part is skipped.
class Parts {
 public:
  explicit Parts(std::string_view text) : rest_(text) {}

  bool at_end() {
    skip_space();
    return rest_.empty();
  }
  bool take(char c) {
    skip_space();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_uuid(std::string& uuid) {
    skip_space();
    if (rest_.size() < uuid_size) return false;
    for (std::size_t i = 0; i < uuid_size; ++i) {
      const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
      if (dash ? rest_[i] != '-' : !is_hex(rest_[i])) return false;
    }
    uuid = rest_.substr(0, uuid_size);
    rest_.remove_prefix(uuid_size);
    return true;
  }
  bool at_tag() {
    skip_space();
    return !rest_.empty() && is_tag_start(rest_.front());
  }
  bool take_tag(std::string& tag) {
    const auto end =
        std::find_if_not(rest_.begin(), rest_.end(), [](char c) { return is_tag_start(c) || is_digit(c); });
    tag.assign(rest_.begin(), end);
    rest_.remove_prefix(tag.size());
    return tag.size() <= max_tag;
  }
  bool take_number(std::uint64_t& number) {
    skip_space();
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (error != std::errc()) return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return number >= 1 && number <= max_number;
  }

 private:
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  std::string_view rest_;
};

bool take_interval(Parts& parts, MysqlGtidSet::Interval& interval) {
  if (!parts.take_number(interval.first)) return false;
  interval.last = interval.first;
  return !parts.take('-') || (parts.take_number(interval.last) && interval.last >= interval.first);
}

}  // namespace

MysqlGtidSet MysqlGtidSet::parse(std::string_view text) {
  const std::string lowered = boost::to_lower_copy(std::string(text));
  Parts parts(lowered);
  MysqlGtidSet set;
  // A server is its UUID, and after each colon an interval or a tag. The intervals after a tag belong to that tag.
  const auto take_server = [&] {
    Source source;
    if (!parts.take_uuid(source.uuid) || !parts.take(':')) return false;
    do {
      if (parts.at_tag() && !(parts.take_tag(source.tag) && parts.take(':'))) return false;
      Interval interval;
      if (!take_interval(parts, interval)) return false;
      set.sources_[source].push_back(interval);
    } while (parts.take(':'));
    return true;
  };
  bool good = true;
  if (!parts.at_end()) {
    do good = take_server();
    while (good && parts.take(','));
  }
  if (!good || !parts.at_end())
    throw failed("'" + std::string(text.substr(0, 200)) + "' is not a MySQL GTID set",
                 "it should read like 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5");
  // The intervals are sorted and merged once. Merging after each interval would take quadratic time.
  for (auto& [source, intervals] : set.sources_) intervals = merged(std::move(intervals));
  return set;
}

MysqlGtidSet::Intervals MysqlGtidSet::merged(Intervals intervals) {
  std::sort(intervals.begin(), intervals.end(), [](const Interval& a, const Interval& b) { return a.first < b.first; });
  Intervals out;
  for (const Interval& next : intervals) {
    if (out.empty() || next.first > out.back().last + 1) out.push_back(next);
    else out.back().last = std::max(out.back().last, next.last);
  }
  return out;
}

MysqlGtidSet::Intervals MysqlGtidSet::difference(const Intervals& from, const Intervals& what) {
  Intervals out;
  auto hole = what.begin();
  for (Interval rest : from) {
    while (hole != what.end() && hole->last < rest.first) ++hole;
    for (; hole != what.end() && hole->first <= rest.last; ++hole) {
      if (hole->first > rest.first) out.push_back({rest.first, hole->first - 1});
      rest.first = hole->last + 1;
      // A hole that ends beyond this interval can reach into the next interval, so it is kept.
      if (rest.first > rest.last) break;
    }
    if (rest.first <= rest.last) out.push_back(rest);
  }
  return out;
}

std::string MysqlGtidSet::text() const {
  std::string out;
  std::string_view uuid;
  for (const auto& [source, intervals] : sources_) {
    if (source.uuid != uuid) {
      if (!out.empty()) out += ',';
      out += source.uuid;
      uuid = source.uuid;
    }
    if (!source.tag.empty()) out += ":" + source.tag;
    for (const Interval& interval : intervals) {
      out += ":" + std::to_string(interval.first);
      if (interval.last > interval.first) out += "-" + std::to_string(interval.last);
    }
  }
  return out;
}

bool MysqlGtidSet::covers(const MysqlGtidSet& other) const {
  return other.beyond(*this).empty();
}

MysqlGtidSet MysqlGtidSet::beyond(const MysqlGtidSet& other) const {
  MysqlGtidSet out;
  for (const auto& [source, intervals] : sources_) {
    const auto theirs = other.sources_.find(source);
    Intervals left = theirs == other.sources_.end() ? intervals : difference(intervals, theirs->second);
    if (!left.empty()) out.sources_.emplace(source, std::move(left));
  }
  return out;
}

std::uint64_t MysqlGtidSet::transactions_beyond(const MysqlGtidSet& other) const {
  const MysqlGtidSet ahead = beyond(other);
  std::uint64_t sum = 0;
  for (const auto& [source, intervals] : ahead.sources_)
    for (const Interval& interval : intervals) {
      const std::uint64_t count = interval.last - interval.first + 1;
      if (count > std::numeric_limits<std::uint64_t>::max() - sum) return std::numeric_limits<std::uint64_t>::max();
      sum += count;
    }
  return sum;
}

MysqlGtidSet MysqlGtidSet::of_server(std::string_view uuid) const {
  const std::string wanted = boost::to_lower_copy(std::string(uuid));
  MysqlGtidSet out;
  for (auto at = sources_.lower_bound({wanted, ""}); at != sources_.end() && at->first.uuid == wanted; ++at)
    out.sources_.insert(*at);
  return out;
}

}  // namespace mysql_agent
