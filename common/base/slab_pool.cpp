#include "common/base/slab_pool.hpp"

namespace mysql_agent {

SlabPool::SlabPool(std::size_t count, std::size_t bytes) {
  // The buffers are not value-initialised, so that pages which are never written take no memory.
  for (std::size_t i = 0; i < count; ++i) free_.emplace_back(new char[bytes]);
}

std::shared_ptr<char[]> SlabPool::take() {
  std::unique_lock lock(mutex_);
  freed_.wait(lock, [&] { return !free_.empty(); });
  char* const slab = free_.back().release();
  free_.pop_back();
  return {slab, [this](char* returned) {
            {
              const std::lock_guard guard(mutex_);
              free_.emplace_back(returned);
            }
            freed_.notify_one();
          }};
}

}  // namespace mysql_agent
