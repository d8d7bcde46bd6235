#include "base/clock.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>

namespace reprocess {
namespace {

class MachineClock final : public Clock {
 public:
  SteadyTime Now() override { return std::chrono::steady_clock::now(); }
  WallTime Wall() override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
  }
  bool SleepFor(Milliseconds duration, const std::stop_token& stop) override {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, duration, [] { return false; });
    return !stop.stop_requested();
  }
};

}  // namespace

Clock& SystemClock() {
  static MachineClock clock;
  return clock;
}

Milliseconds Backoff::Next() {
  thread_local std::minstd_rand random(std::random_device{}());
  const auto full = std::min<Milliseconds>(cap_, base_ * (1L << std::min(step_++, 20)));
  return Milliseconds(full.count() / 2 + static_cast<long>(random() % static_cast<unsigned long>(
                                                                          full.count() / 2 + 1)));
}

}  // namespace reprocess
