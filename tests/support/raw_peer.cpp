#include "tests/support/raw_peer.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/support/sockets.hpp"

namespace mysql_agent::test {
namespace {

void send_all(int fd, const std::string& text) {
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t n = ::send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return;  // the other side refused the rest, as some tests want
    sent += static_cast<std::size_t>(n);
  }
}

bool readable(int fd, std::chrono::milliseconds timeout) {
  pollfd polled{fd, POLLIN, 0};
  return ::poll(&polled, 1, static_cast<int>(timeout.count())) > 0;
}

}  // namespace

RawTls::RawTls(int fd, const Tls& tls, TlsEngine::Side side, const std::string& host)
    : fd_(fd), engine_(tls->current(), side, host) {}

void RawTls::send() {
  const auto output = engine_.output();
  send_all(fd_, {static_cast<const char*>(output.data()), output.size()});
  engine_.output_sent(output.size());
}

bool RawTls::receive() {
  const auto space = engine_.input_space();
  const ssize_t n = ::recv(fd_, space.data(), space.size(), 0);
  if (n > 0) engine_.input_arrived(static_cast<std::size_t>(n));
  return n > 0;
}

bool RawTls::handshake() {
  boost::system::error_code error;
  for (bool more = true; more && !error; more = receive()) {
    const bool done = engine_.handshake(error);
    send();
    if (done) return true;
  }
  return false;
}

std::size_t RawTls::read(char* to, std::size_t size) {
  boost::system::error_code error;
  for (bool more = true; more && !error; more = error || receive()) {
    const std::size_t n = engine_.read(to, size, error);
    if (n > 0) return n;
  }
  return 0;
}

void RawTls::write(const std::string& text) {
  boost::system::error_code error;
  engine_.write(text.data(), text.size(), error);
  send();
}

void RawTls::close() {
  engine_.close();
  send();
}

RawClient::RawClient(const std::string& address, std::uint16_t port, const std::string& text, const Tls& tls)
    : fd_(tcp_socket()) {
  if (!connect_to(fd_, address, port))
    throw std::runtime_error("nobody listens at " + address + ":" + std::to_string(port));
  if (!tls) {
    send_all(fd_.get(), text);
    return;
  }
  tls_ = std::make_unique<RawTls>(fd_.get(), tls, TlsEngine::Side::client, address);
  if (!tls_->handshake()) throw std::runtime_error("no handshake with " + address + ":" + std::to_string(port));
  tls_->write(text);
}

std::string RawClient::read(std::size_t bytes, std::chrono::milliseconds timeout) {
  std::string out;
  const timeval patience{timeout.count() / 1000, timeout.count() % 1000 * 1000};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  while (out.size() < bytes) {
    char buffer[64 * 1024];
    const std::size_t size = std::min(sizeof buffer, bytes - out.size());
    const ssize_t n = tls_ ? static_cast<ssize_t>(tls_->read(buffer, size)) : ::recv(fd_.get(), buffer, size, 0);
    if (n <= 0) break;
    out.append(buffer, static_cast<std::size_t>(n));
  }
  return out;
}

bool RawClient::closed_within(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (std::chrono::steady_clock::now() < deadline) {
    char buffer[65536];
    if (!readable(fd_.get(), std::chrono::milliseconds(50))) continue;
    if (::recv(fd_.get(), buffer, sizeof buffer, 0) <= 0) return true;
  }
  return false;
}

struct RawServer::Threads {
  std::atomic<bool> stop{false};
  std::thread acceptor;
  std::vector<std::thread> sessions;
};

RawServer::RawServer(const std::string& address, std::uint16_t port, Answer answer, const Tls& tls, Pause pause)
    : listener_(tcp_socket()), threads_(std::make_unique<Threads>()) {
  const int yes = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (!bind_to(listener_, address, port) || ::listen(listener_.get(), 8) != 0)
    throw std::runtime_error("cannot listen at " + address);
  threads_->acceptor = std::thread([this, answer, tls, pause] {
    while (!threads_->stop) {
      if (!readable(listener_.get(), std::chrono::milliseconds(20))) continue;
      const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      threads_->sessions.emplace_back([this, fd, answer, tls, pause] {
        const Fd connection(fd);
        const auto guard = tls ? std::make_unique<RawTls>(fd, tls, TlsEngine::Side::server) : nullptr;
        if (guard && !guard->handshake()) return;
        std::string request;
        char c = 0;
        while (!request.ends_with("\r\n\r\n") && (guard ? guard->read(&c, 1) : ::recv(fd, &c, 1, 0)) == 1) request += c;
        const std::size_t start = request.find(' ') + 1;
        std::string reply = answer(request.substr(start, request.find(' ', start) - start));
        // A NUL byte at the end of an answer keeps the connection open.
        const bool stall = reply.ends_with('\0');
        if (stall) reply.pop_back();
        for (std::size_t at = 0; at < reply.size() && !threads_->stop; at += 1000) {
          if (pause) std::this_thread::sleep_for(pause(reply));
          if (guard) guard->write(reply.substr(at, 1000));
          else send_all(fd, reply.substr(at, 1000));
        }
        while (stall && !threads_->stop) std::this_thread::sleep_for(std::chrono::milliseconds(20));
        if (guard) guard->close();
      });
    }
  });
}

RawServer::~RawServer() {
  threads_->stop = true;
  threads_->acceptor.join();
  for (std::thread& session : threads_->sessions) session.join();
}

}  // namespace mysql_agent::test
