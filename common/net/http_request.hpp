#pragma once

#include <utility>  // before Boost.Asio 1.74 in C++20, which uses std::exchange without it

#include <boost/beast/http.hpp>
#include <string>

namespace mysql_agent {

/// One HTTP request: method and target are all that the agent's services look at.
struct HttpRequest {
  boost::beast::http::verb method = boost::beast::http::verb::get;
  std::string path;   ///< the target up to `?`
  std::string query;  ///< after it
};

/// Beast's parser of a request whose header has at most 8 KiB and that has no body; more is an error.
class RequestParser : public boost::beast::http::request_parser<boost::beast::http::empty_body> {
 public:
  static constexpr std::size_t header_bytes = 8 * 1024;
  RequestParser() { header_limit(header_bytes); }

  HttpRequest request() const {
    const std::string target(get().target());
    const std::size_t mark = target.find('?');
    return {get().method(), target.substr(0, mark), mark == std::string::npos ? "" : target.substr(mark + 1)};
  }
};

}  // namespace mysql_agent
