// Calls under an Idempotency-Key, as far as this process alone knows of them: which are under way, and
// which jobs are being made by those that were answered, whose rows come later, with their jobs.
//
//   bounded    the last of them, more than jobs are planned at a time
//   threads    any
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "store/service_store.h"

namespace reprocess {

class KeyedCalls {
 public:
  // False: one of this key is under way. Else it is until End.
  bool Begin(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    return under_way_.insert(key).second;
  }
  void End(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    under_way_.erase(key);
  }

  void Keep(const std::string& key, KeptAnswer made) {
    constexpr std::size_t kMost = 64;
    const std::scoped_lock lock(mutex_);
    made_.emplace_back(key, std::move(made));
    if (made_.size() > kMost) made_.pop_front();
  }
  std::optional<KeptAnswer> Find(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    for (const auto& [of, made] : made_) {
      if (of == key) return made;
    }
    return std::nullopt;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> under_way_;
  std::deque<std::pair<std::string, KeptAnswer>> made_;
};

}  // namespace reprocess
