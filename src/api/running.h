// Calls that are under way: who makes the same call meanwhile waits for its answer.
//
//   left       whose first caller has left is made anew by one who waits
//   bounded    a few wait, since each has a thread; the others are told to come again
//   threads    any
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "http/server.h"

namespace reprocess {

class Running {
 public:
  using Answered = Result<HttpServer::Answer>;

  // `stop`: the caller has left.
  Answered Once(const std::string& key, const std::function<Answered()>& call,
                const std::stop_token& stop);

 private:
  struct Entry {
    bool ended = false;
    std::optional<Answered> answer{};  // none where the call has thrown
  };
  Answered Made(const std::string& key, const std::shared_ptr<Entry>& entry,
                const std::function<Answered()>& call);

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::map<std::string, std::shared_ptr<Entry>> calls_;
  int waiting_ = 0;
};

}  // namespace reprocess
