#include "tests/support/slow_link.hpp"

#include <poll.h>

#include <array>
#include <chrono>
#include <stdexcept>

#include "tests/support/sockets.hpp"

namespace mysql_agent::test {
namespace {

constexpr int pieces_a_second = 50;
constexpr std::chrono::milliseconds piece_time{1000 / pieces_a_second};

bool readable(int fd) {
  pollfd wait{fd, POLLIN, 0};
  return ::poll(&wait, 1, 50) > 0;
}

}  // namespace

SlowLink::SlowLink(const std::string& address, std::uint16_t port, std::uint16_t target_port)
    : address_(address), target_port_(target_port), listener_(tcp_socket()) {
  if (!bind_to(listener_, address, port) || ::listen(listener_.get(), 8) != 0)
    throw std::runtime_error("the slow link cannot listen on " + address);
  acceptor_ = std::thread([this] {
    while (!stop_) {
      if (!readable(listener_.get())) continue;
      Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client.valid()) continue;
      const std::lock_guard lock(mutex_);
      connections_.emplace_back([this, fd = std::move(client)]() mutable { serve(std::move(fd)); });
    }
  });
}

SlowLink::~SlowLink() {
  stop_ = true;
  acceptor_.join();
  for (std::thread& connection : connections_) connection.join();
}

void SlowLink::serve(Fd client) {
  const Fd server = tcp_socket();
  if (!connect_to(server, address_, target_port_)) return;
  std::thread to_server([&] { pass(client.get(), server.get(), false); });
  pass(server.get(), client.get(), true);
  to_server.join();
}

void SlowLink::pass(int from, int to, bool slowly) {
  std::array<char, 65536> buffer{};
  while (!stop_) {
    if (!readable(from)) continue;
    const int rate = slowly ? rate_.load() : 0;
    const std::size_t most = rate == 0 ? buffer.size() : static_cast<std::size_t>(rate / pieces_a_second);
    const ssize_t got = ::recv(from, buffer.data(), most, 0);
    if (got <= 0 || ::send(to, buffer.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) != got) break;
    if (rate != 0) std::this_thread::sleep_for(piece_time);
  }
  // The other direction ends too.
  ::shutdown(from, SHUT_RDWR);
  ::shutdown(to, SHUT_RDWR);
}

}  // namespace mysql_agent::test
