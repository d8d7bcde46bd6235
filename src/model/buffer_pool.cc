#include "model/buffer_pool.h"

#include <mutex>
#include <utility>
#include <vector>

namespace reprocess {

struct BufferPool::Idle {
  std::mutex mutex;
  std::vector<std::unique_ptr<Buffer>> buffers;

  std::unique_ptr<Buffer> Take() {
    const std::scoped_lock lock(mutex);
    if (buffers.empty()) return nullptr;
    std::unique_ptr<Buffer> buffer = std::move(buffers.back());
    buffers.pop_back();
    return buffer;
  }
  void Return(std::unique_ptr<Buffer> buffer) {
    const std::scoped_lock lock(mutex);
    buffers.push_back(std::move(buffer));
  }
};

BufferPool::BufferPool(std::size_t capacity)
    : capacity_(capacity), idle_(std::make_shared<Idle>()) {}

std::shared_ptr<Buffer> BufferPool::Take() {
  std::unique_ptr<Buffer> buffer = idle_->Take();
  if (!buffer) buffer = std::make_unique<Buffer>(capacity_);
  return {buffer.release(),
          [idle = idle_](Buffer* back) { idle->Return(std::unique_ptr<Buffer>(back)); }};
}

}  // namespace reprocess
