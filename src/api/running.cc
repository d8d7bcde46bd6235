#include "api/running.h"

namespace reprocess {
namespace {

constexpr int kMostWaiting = 3;

bool HasLeft(const Running::Answered& answer) {
  return !answer && answer.error().code == Code::kStopped;
}

}  // namespace

Running::Answered Running::Once(const std::string& key, const std::function<Answered()>& call,
                                const std::stop_token& stop) {
  for (;;) {
    std::unique_lock lock(mutex_);
    const auto [at, first] = calls_.try_emplace(key, std::make_shared<Entry>());
    const std::shared_ptr<Entry> entry = at->second;
    if (first) {
      lock.unlock();
      return Made(key, entry, call);
    }
    if (waiting_ >= kMostWaiting) {
      return std::unexpected(Error{.remedy = Remedy::kRetry,
                                   .what = "start the job: the same call is under way",
                                   .where = {},
                                   .hint = "try again in a moment"});
    }
    ++waiting_;
    const bool ended = wake_.wait(lock, stop, [&] { return entry->ended; });
    --waiting_;
    if (!ended) return Stopped("wait for the same call");
    if (entry->answer && !HasLeft(*entry->answer)) return *entry->answer;
  }
}

Running::Answered Running::Made(const std::string& key, const std::shared_ptr<Entry>& entry,
                                const std::function<Answered()>& call) {
  const auto end = [&](Entry* ended) {
    const std::scoped_lock lock(mutex_);
    ended->ended = true;
    calls_.erase(key);
    wake_.notify_all();
  };
  const std::unique_ptr<Entry, decltype(end)> at_the_end(entry.get(), end);  // also where it throws
  Answered answer = call();
  const std::scoped_lock lock(mutex_);
  entry->answer = answer;
  return answer;
}

}  // namespace reprocess
