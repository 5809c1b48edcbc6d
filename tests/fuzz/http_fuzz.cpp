#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <string>
#include <thread>

#include "agent/clone/receive.hpp"
#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/net/http_client.hpp"
#include "common/net/http_request.hpp"
#include "tests/fuzz/absolute_path.hpp"
#include "tests/support/sockets.hpp"

using namespace mysql_agent;
namespace http = boost::beast::http;

namespace {

constexpr std::chrono::milliseconds timeout{3000};

// A peer on loopback that answers each request with the input of the fuzzer, and closes the connection.
class Peer {
 public:
  Peer() : listener_(test::tcp_socket()) {
    if (!test::bind_to(listener_, "127.0.0.1", port_) || ::listen(listener_.get(), 16) != 0) std::abort();
    std::thread([this] { serve(); }).detach();
  }

  std::uint16_t port() const { return port_; }
  void answer_with(std::string text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    answer_ = std::move(text);
  }

 private:
  [[noreturn]] void serve() {
    while (true) {
      const Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      // Read all of the request: a socket that is closed with unread bytes sends a reset instead of the answer.
      std::string request;
      char buffer[4096];
      while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
        if (n <= 0) break;
        request.append(buffer, static_cast<std::size_t>(n));
      }
      const std::lock_guard<std::mutex> lock(mutex_);
      std::size_t sent = 0;
      while (sent < answer_.size()) {
        const ssize_t n = ::send(fd.get(), answer_.data() + sent, answer_.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) break;
        sent += static_cast<std::size_t>(n);
      }
    }
  }

  const Fd listener_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::string answer_;
};

Peer& peer() {
  static Peer& only = *new Peer;  // the thread of the peer lives as long as the program
  return only;
}

// Gives the input to the server as a client would, in two parts.
void read_request(const std::string& text) {
  RequestParser parser;
  parser.eager(true);
  boost::system::error_code error;
  std::string pending;
  for (const std::string& part : {text.substr(0, text.size() / 2), text.substr(text.size() / 2)}) {
    pending += part;
    while (!error && !pending.empty() && !parser.is_done())
      pending.erase(0, parser.put(boost::asio::buffer(pending), error));
    if (error == http::error::need_more) error = {};
  }
  if (!parser.is_done()) return;
  const HttpRequest request = parser.request();
  if (request.path.find('?') != std::string::npos) std::abort();
}

void ask_for_donor(const std::string& text) {
  peer().answer_with(text);
  http_get("127.0.0.1", peer().port(), "/v1/donor", timeout, nullptr);
}

void must_stay_inside(const std::filesystem::path& parent) {
  const auto entries =
      std::distance(std::filesystem::directory_iterator(parent), std::filesystem::directory_iterator());
  if (entries != 1 || std::filesystem::exists(absolute_path)) std::abort();
}

// The staging directory is alone in a directory. Files that a stream makes outside of staging are found there.
void receive(const std::string& text) {
  static const std::filesystem::path parent =
      std::filesystem::temp_directory_path() / ("mysql-agent-fuzz." + std::to_string(::getpid()));
  const std::filesystem::path staging = parent / "staging";
  std::filesystem::remove_all(parent);
  std::filesystem::create_directories(staging);
  peer().answer_with(text);
  ReceiveProgress progress;
  try {
    receive_clone({"127.0.0.1", peer().port(), false, staging, 1, timeout, timeout, nullptr}, progress);
  } catch (const Error&) {
    // Nearly every input is refused. The files that were made before count.
  }
  must_stay_inside(parent);
  std::filesystem::remove_all(parent);
}

}  // namespace

// The first byte chooses what the rest is: a request to the server, an answer to /v1/donor, or an answer to /v1/clone.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    switch ((data[0] - 'a') % 3) {
      case 0: read_request(text); break;
      case 1: ask_for_donor(text); break;
      default: receive(text);
    }
  } catch (const Error&) {
    // Most inputs are refused, as they should be.
  }
  return 0;
}
