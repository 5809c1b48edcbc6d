#pragma once

#include <utility>  // before Boost.Asio 1.74 in C++20, which uses std::exchange without it

#include <boost/beast/http.hpp>
#include <string>

namespace mysql_agent {

/// An HTTP request. The agent's services look at the method and the target alone.
struct HttpRequest {
  boost::beast::http::verb method = boost::beast::http::verb::get;
  std::string path;   ///< the target before `?`
  std::string query;  ///< the target after `?`; empty without `?`
};

/// Beast's parser for a request without a body. A header of more than 8 KiB, or a body, is an error.
class RequestParser : public boost::beast::http::request_parser<boost::beast::http::empty_body> {
 public:
  static constexpr std::size_t header_bytes = 8 * 1024;
  RequestParser() { header_limit(header_bytes); }

  /// The request; the header must be complete.
  HttpRequest request() const {
    const std::string target(get().target());
    const std::size_t mark = target.find('?');
    return {.method = get().method(),
            .path = target.substr(0, mark),
            .query = mark == std::string::npos ? "" : target.substr(mark + 1)};
  }
};

}  // namespace mysql_agent
