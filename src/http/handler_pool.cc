#include "http/handler_pool.h"

namespace reprocess {

HandlerPool::HandlerPool(std::size_t threads, std::size_t waiting) : most_(waiting) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

HandlerPool::~HandlerPool() {
  const std::scoped_lock lock(mutex_);
  ends_ = true;
  waiting_.clear();
  changed_.notify_all();
}

bool HandlerPool::Add(Work& work) {
  const std::scoped_lock lock(mutex_);
  if (ends_ || waiting_.size() >= most_) return false;
  waiting_.push_back(std::move(work));
  changed_.notify_one();
  return true;
}

void HandlerPool::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
    if (ends_) return;
    Work work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

}  // namespace reprocess
