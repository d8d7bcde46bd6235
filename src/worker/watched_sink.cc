#include "worker/watched_sink.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "model/forwarding_sink.h"

namespace reprocess {
namespace {

constexpr Milliseconds kTold{3'000};

class WatchedSink final : public ForwardingSink {
 public:
  WatchedSink(std::unique_ptr<Sink> inner, ProgressObserver& observer, Milliseconds patience,
              std::function<void(const std::string&)> hung)
      : ForwardingSink(std::move(inner)),
        observer_(observer),
        patience_(patience),
        hung_(std::move(hung)),
        thread_([this](const std::stop_token& stop) { Watch(stop); }) {}

  Result<void> Commit(std::string_view checkpoint, Milliseconds within) override {
    {
      const std::lock_guard lock(mutex_);
      began_ = SystemClock().Now();
    }
    wake_.notify_one();
    Result<void> committed = ForwardingSink::Commit(checkpoint, within);
    bool told = false;
    {
      const std::lock_guard lock(mutex_);
      began_.reset();
      told = std::exchange(told_, false);
    }
    if (told) observer_.Waiting("");
    return committed;
  }

 private:
  // Looks at a commit when it has become slow and when it has become hopeless, and at nothing else.
  void Watch(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (wake_.wait(lock, stop, [this] { return began_.has_value(); })) {
      const SteadyTime began = *began_;
      const auto over = [this, began] { return began_ != began; };
      if (wake_.wait_until(lock, stop, began + std::min(kTold, patience_), over)) continue;
      if (stop.stop_requested()) return;
      told_ = true;
      observer_.Waiting("Kafka: a commit has not come back");
      if (wake_.wait_until(lock, stop, began + patience_, over)) continue;
      if (stop.stop_requested()) return;
      hung_(
          fmt::format("commit: librdkafka has not come back in {} ms, ending at once: what is "
                      "committed is safe, and the same command goes on from it",
                      patience_.count()));
      return;
    }
  }

  ProgressObserver& observer_;
  const Milliseconds patience_;
  const std::function<void(const std::string&)> hung_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::optional<SteadyTime> began_;  // of the commit under way
  bool told_ = false;                // that it is slow
  std::jthread thread_;              // last: it uses all of the above
};

}  // namespace

std::unique_ptr<Sink> MakeWatchedSink(std::unique_ptr<Sink> inner, ProgressObserver& observer,
                                      Milliseconds patience,
                                      std::function<void(const std::string&)> hung) {
  return std::make_unique<WatchedSink>(std::move(inner), observer, patience, std::move(hung));
}

}  // namespace reprocess
