// Buffers of one capacity, used again: memory that was just given back is in no need of being
// zeroed by the kernel, page by page, as new memory is.
//
//   memory     keeps as many buffers as were ever out at once
//   ownership  a handle; copies share the buffers. Buffers may outlive all handles
//   threads    any
#pragma once

#include <cstddef>
#include <memory>

#include "model/buffer.h"

namespace reprocess {

class BufferPool {
 public:
  explicit BufferPool(std::size_t capacity);
  std::shared_ptr<Buffer> Take();
  std::size_t capacity() const { return capacity_; }

 private:
  struct Idle;
  std::size_t capacity_;
  std::shared_ptr<Idle> idle_;
};

}  // namespace reprocess
