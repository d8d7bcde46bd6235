// Calls that are under way: who makes the same call meanwhile waits for its answer.
//
//   threads    any
#pragma once

#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <string>

#include "base/result.h"
#include "http/server.h"

namespace reprocess {

class Running {
 public:
  using Answered = Result<HttpServer::Answer>;

  Answered Once(const std::string& key, const std::function<Answered()>& call) {
    std::promise<Answered> promise;
    {
      std::unique_lock lock(mutex_);
      if (const auto first = calls_.find(key); first != calls_.end()) {
        const std::shared_future<Answered> answer = first->second;
        lock.unlock();
        return answer.get();
      }
      calls_.emplace(key, promise.get_future().share());
    }
    Answered answer = call();
    const std::scoped_lock lock(mutex_);
    calls_.erase(key);
    promise.set_value(answer);
    return answer;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_future<Answered>> calls_;
};

}  // namespace reprocess
