// Threads for work that may take long, and how much of it may wait for one.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace reprocess {

class HandlerPool {
 public:
  using Work = std::move_only_function<void()>;

  HandlerPool(std::size_t threads, std::size_t waiting);
  ~HandlerPool();  // what waits is dropped, what runs is waited for
  HandlerPool(const HandlerPool&) = delete;
  HandlerPool& operator=(const HandlerPool&) = delete;

  // False, and `work` is not called, where as much waits already as may. Threads: any.
  bool Add(Work& work);

 private:
  void Run();

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> waiting_;
  bool ends_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace reprocess
