#pragma once

#include <utility>  // before Boost.Asio 1.74 in C++20, which uses std::exchange without it

#include <boost/asio.hpp>
#include <type_traits>

namespace mysql_agent {

/// Calls `work`, which blocks, on a thread of `pool`. The caller's thread does other work meanwhile, and goes on with
/// what `work` returned or threw. The result must not be void.
template <typename Work>
boost::asio::awaitable<std::invoke_result_t<Work&>> run_blocking(boost::asio::thread_pool& pool, Work work) {
  // The function is a part of the coroutine on the pool, which may outlive the caller's.
  auto on_pool = [work = std::move(work)]() mutable -> boost::asio::awaitable<std::invoke_result_t<Work&>> {
    co_return work();
  };
  co_return co_await boost::asio::co_spawn(pool, std::move(on_pool), boost::asio::use_awaitable);
}

}  // namespace mysql_agent
