#pragma once

#include <utility>  // before Boost.Asio 1.74 in C++20, which uses std::exchange without it

#include <boost/asio.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace mysql_agent {

/// Counts and logs the clients that a server refused. Refused clients cannot fill the log: a new reason is logged at
/// once, and after that each reason gets at most one line in 10 s, with the number of refusals. There must be few
/// different reasons. Only the thread of one io_context may use this.
class Refusals : public std::enable_shared_from_this<Refusals> {
 public:
  explicit Refusals(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
  /// Counts one refusal. `client` is the client's address.
  void add(const std::string& reason, const std::string& client);
  /// The number of refusals so far, by reason.
  const std::map<std::string, std::uint64_t>& totals() const { return totals_; }

 private:
  struct Reason {
    std::uint64_t unlogged = 0;  ///< refusals that are not logged yet
    std::string last_client;
    bool quiet = false;  ///< a line was logged less than 10 s ago
  };
  static void log_now(const std::string& reason, Reason& entry);
  static boost::asio::awaitable<void> log_later(std::shared_ptr<Refusals> self, std::string reason);

  const boost::asio::any_io_executor executor_;
  std::map<std::string, Reason> reasons_;
  std::map<std::string, std::uint64_t> totals_;
};

}  // namespace mysql_agent
