// A queue between two threads, bounded in bytes.
//
//   full       Push waits; one item is always admitted, however large
//   ends       Finish() or Fail(Error) close it from the sending side: the receiver first gets all
//              that was pushed, then the end or the error. Close() from the receiving side makes
//              every later Push return false. So either end going away frees the other
//   threads    one pusher, one receiver
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <variant>

#include "base/clock.h"
#include "base/result.h"

namespace reprocess {

struct PipeTimeout {};
struct PipeEnd {};

template <class T>
class Pipe {
 public:
  // `held` is kept up to date with the bytes in the pipe, when given; borrowed.
  explicit Pipe(std::size_t max_bytes, std::atomic<std::uint64_t>* held = nullptr)
      : max_bytes_(max_bytes), held_(held) {}

  // False when the receiver is gone: the item is dropped.
  bool Push(T item, std::size_t bytes) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return closed_ || items_.empty() || bytes_ + bytes <= max_bytes_; });
    if (closed_) return false;
    items_.push_back({std::move(item), bytes});
    Hold(bytes_ + bytes);
    ready_.notify_one();
    return true;
  }
  void Finish() { End(std::nullopt); }
  void Fail(Error error) { End(std::move(error)); }

  // The next item; PipeTimeout at `deadline`; PipeEnd, or the sender's error, after the last item.
  Result<std::variant<T, PipeTimeout, PipeEnd>> Next(SteadyTime deadline) {
    std::unique_lock lock(mutex_);
    const auto something = [&] { return !items_.empty() || ended_ || closed_; };
    if (deadline == SteadyTime::max()) {
      ready_.wait(lock, something);
    } else if (!ready_.wait_until(lock, deadline, something)) {
      return PipeTimeout{};
    }
    if (items_.empty()) {
      if (error_) return std::unexpected(*error_);
      return PipeEnd{};
    }
    T item = std::move(items_.front().item);
    Hold(bytes_ - items_.front().bytes);
    items_.pop_front();
    room_.notify_one();
    return item;
  }

  void Close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    items_.clear();
    Hold(0);
    room_.notify_all();
    ready_.notify_all();
  }

 private:
  struct Held {
    T item;
    std::size_t bytes;
  };
  void Hold(std::size_t bytes) {
    bytes_ = bytes;
    if (held_ != nullptr) held_->store(bytes, std::memory_order_relaxed);
  }
  void End(std::optional<Error> error) {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    error_ = std::move(error);
    ready_.notify_all();
  }

  const std::size_t max_bytes_;
  std::atomic<std::uint64_t>* const held_;
  std::mutex mutex_;
  std::condition_variable room_, ready_;
  std::deque<Held> items_;
  std::size_t bytes_ = 0;
  bool ended_ = false, closed_ = false;
  std::optional<Error> error_;
};

}  // namespace reprocess
