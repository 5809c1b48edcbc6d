#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace mysql_agent {

/// A fixed number of buffers of one size, allocated once. The pool bounds the memory of a transfer, however large the
/// transfer is.
class SlabPool {
 public:
  /// `bytes` is the size of each buffer. Throws std::bad_alloc.
  SlabPool(std::size_t count, std::size_t bytes);

  /// Takes a free buffer; waits until a buffer is free. The buffer returns to the pool when its last owner, on any
  /// thread, lets it go. The pool must outlive all buffers.
  std::shared_ptr<char[]> take();

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<char[]>> free_;
};

}  // namespace mysql_agent
