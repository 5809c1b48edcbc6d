#pragma once

#include <utility>  // before Boost.Asio 1.74 in C++20, which uses std::exchange without it

#include <boost/asio.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace mysql_agent {

/// Counts and logs whom a server refused, and why, without letting them fill the log: a new reason at once, and then
/// one line in 10 s with the number of them. Reasons must be few. Used on one io_context's thread alone.
class Refusals : public std::enable_shared_from_this<Refusals> {
 public:
  explicit Refusals(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
  void add(const std::string& reason, const std::string& from);
  /// How many so far, by reason.
  const std::map<std::string, std::uint64_t>& totals() const { return totals_; }

 private:
  struct Reason {
    std::uint64_t count = 0;  ///< not logged yet
    std::string last_from;
    bool quiet = false;  ///< a line was just logged: the next one waits
  };
  static void say(const std::string& reason, Reason& entry);
  static boost::asio::awaitable<void> say_later(std::shared_ptr<Refusals> self, std::string reason);

  const boost::asio::any_io_executor executor_;
  std::map<std::string, Reason> reasons_;
  std::map<std::string, std::uint64_t> totals_;
};

}  // namespace mysql_agent
