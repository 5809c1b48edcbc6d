#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace mysql_agent {

/// A fixed number of equal buffers, made once: what bounds the memory of a transfer, whatever its size (P12).
class SlabPool {
 public:
  SlabPool(std::size_t count, std::size_t bytes);

  /// A free buffer; waits until one is. It returns to the pool with its last owner, on whichever thread.
  /// The pool must outlive all of them.
  std::shared_ptr<char[]> take();

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<char[]>> free_;
};

}  // namespace mysql_agent
