#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "common/base/file.hpp"
#include "tests/support/sockets.hpp"

namespace mysql_agent::test {

/// A name server that knows one name: `mysql-0.mysql.ns.test` is 127.0.0.10. No other name exists in `ns.test`.
class NameServer {
 public:
  /// The answers about names that it does not know: the codes of DNS.
  enum Code : char { no_such_name = 3, server_failure = 2, refused = 5 };
  /// `outside` is what it says of names beyond `ns.test`, and `inside` of all others but the one that it knows.
  explicit NameServer(const std::string& address, Code outside = no_such_name, Code inside = no_such_name)
      : outside_(outside), inside_(inside), fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    std::uint16_t port = 53;
    REQUIRE(bind_to(fd_, address, port));
    const timeval patience{0, 50'000};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    thread_ = std::thread([this] {
      while (!stop_) answer_one();
    });
  }
  ~NameServer() {
    stop_ = true;
    thread_.join();
  }

 private:
  void answer_one() {
    char query[512];
    sockaddr_in from{};
    socklen_t from_size = sizeof from;
    const ssize_t n = ::recvfrom(fd_.get(), query, sizeof query, 0, reinterpret_cast<sockaddr*>(&from), &from_size);
    if (n < 17) return;
    const std::string domain("\x02ns\x04test\x00", 9);
    const std::string wanted = inside_ == no_such_name ? std::string("\x07mysql-0\x05mysql", 14) + domain : "";
    std::string reply(query, static_cast<std::size_t>(n));
    const std::string name = reply.substr(12, reply.find('\0', 12) - 12 + 1);
    const std::size_t question = 12 + name.size() + 4;
    const bool address = reply[question - 3] == 1;  // type A
    reply.resize(question);
    reply[2] = static_cast<char>(0x81);  // an answer
    reply[3] = static_cast<char>(0x80 | (name == wanted ? 0 : name.ends_with(domain) ? inside_ : outside_));
    reply[7] = name == wanted && address ? 1 : 0;
    reply[9] = reply[11] = 0;
    if (reply[7] == 1) reply += std::string("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x7f\x00\x00\x0a", 16);
    ::sendto(fd_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), from_size);
  }

  const Code outside_;
  const Code inside_;
  Fd fd_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace mysql_agent::test
