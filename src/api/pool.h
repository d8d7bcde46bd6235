// Connections that calls take turns with: opening one takes longer than most questions.
//
//   threads    any
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace reprocess {

template <class T>
class Pool {
 public:
  explicit Pool(std::function<std::unique_ptr<T>()> make) : make_(std::move(make)) {}

  // One that is idle, else a new one; it goes back when this ends. Must not outlive the pool.
  class Lent {
   public:
    Lent(Pool& pool, std::unique_ptr<T> one) : pool_(&pool), one_(std::move(one)) {}
    Lent(Lent&&) noexcept = default;
    ~Lent() {
      if (one_) pool_->GiveBack(std::move(one_));
    }
    T& operator*() const { return *one_; }
    T* operator->() const { return one_.get(); }

   private:
    Pool* pool_;
    std::unique_ptr<T> one_;
  };

  Lent Take() {
    const std::scoped_lock lock(mutex_);
    if (idle_.empty()) return Lent(*this, make_());
    auto one = std::move(idle_.back());
    idle_.pop_back();
    return Lent(*this, std::move(one));
  }

 private:
  void GiveBack(std::unique_ptr<T> one) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(one));
  }

  const std::function<std::unique_ptr<T>()> make_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> idle_;
};

}  // namespace reprocess
