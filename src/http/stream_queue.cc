#include "http/stream_queue.h"

namespace reprocess {

bool StreamQueue::Write(Piece piece) {
  const std::scoped_lock lock(mutex_);
  if (!wake_ || ended_ || dropped_) return false;
  const std::size_t before = waiting_bytes_ + taken_bytes_;
  dropped_ = before > 0 && before + piece->size() > most_;
  if (!dropped_ && !piece->empty()) {
    waiting_bytes_ += piece->size();
    waiting_.push_back(std::move(piece));
  }
  wake_();
  return !dropped_;
}

void StreamQueue::End() {
  const std::scoped_lock lock(mutex_);
  ended_ = true;
  if (wake_) wake_();
}

StreamQueue::Taken StreamQueue::Take() {
  const std::scoped_lock lock(mutex_);
  taken_bytes_ = std::exchange(waiting_bytes_, 0);
  return {std::exchange(waiting_, {}), ended_, dropped_};
}

void StreamQueue::Close() {
  const std::scoped_lock lock(mutex_);
  wake_ = nullptr;
  waiting_.clear();
}

}  // namespace reprocess
