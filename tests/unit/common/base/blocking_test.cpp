#include "common/base/blocking.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace mysql_agent;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// As the sidecar does: a view that only the thread of `io` touches, and a look that fills another one.
struct View {
  std::string text = "none yet";
  std::vector<int> numbers;
};

struct Looks {
  asio::io_context io{1};
  asio::thread_pool pool{1};
  View view;
  std::thread::id looked_on;
  int remembered = 0;  // only looks touch it
  int ticks = 0;
  bool done = false;

  View look() {
    std::this_thread::sleep_for(2ms);
    looked_on = std::this_thread::get_id();
    ++remembered;
    View out;
    out.text = "look " + std::to_string(remembered);
    out.numbers.assign(100, remembered);
    return out;
  }

  asio::awaitable<void> look_often(int times) {
    for (int i = 0; i < times; ++i) {
      view = co_await run_blocking(pool, [this] { return look(); });
      CHECK(std::this_thread::get_id() != looked_on);
    }
    done = true;
  }

  // Answers meanwhile, from the latest view.
  asio::awaitable<void> answer() {
    asio::steady_timer timer(io);
    while (!done) {
      ++ticks;
      const View now = view;
      for (const int number : now.numbers) REQUIRE("look " + std::to_string(number) == now.text);
      timer.expires_after(100us);
      co_await timer.async_wait(asio::use_awaitable);
    }
  }
};

// What `work` throws, once it is back.
template <typename Work>
std::string thrown_by(Work work) {
  asio::io_context io{1};
  asio::thread_pool pool{1};
  std::string out;
  const auto run = [&]() -> asio::awaitable<void> {
    try {
      co_await run_blocking(pool, work);
    } catch (const std::exception& error) {
      out = error.what();
    }
  };
  asio::co_spawn(io, run, asio::detached);
  io.run();
  return out;
}

}  // namespace

TEST_CASE("a thread answers while another one looks, and has each look's view when it is back") {
  Looks looks;
  const auto rethrow = [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  };
  asio::co_spawn(looks.io, looks.look_often(50), rethrow);
  asio::co_spawn(looks.io, looks.answer(), rethrow);
  looks.io.run();
  CHECK(looks.view.text == "look 50");
  CHECK(looks.remembered == 50);
  CHECK(looks.ticks > 50);
}

TEST_CASE("an error of what blocks is thrown where it is waited for") {
  CHECK(thrown_by([]() -> int { throw std::runtime_error("the server is gone"); }) == "the server is gone");
  CHECK(thrown_by([] { return 1; }).empty());
}

TEST_CASE("a thread that ends meanwhile leaves what blocks to its end") {
  bool ended = false;
  {
    asio::io_context io{1};
    asio::thread_pool pool{1};
    const auto run = [&]() -> asio::awaitable<void> {
      co_await run_blocking(pool, [&] {
        io.stop();
        std::this_thread::sleep_for(5ms);
        return ended = true;
      });
    };
    asio::co_spawn(io, run, asio::detached);
    io.run();
  }
  CHECK(ended);
}
