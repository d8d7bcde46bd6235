// A clock that only moves when somebody sleeps or tells it to.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace reprocess::test {

// Threads: any.
class FakeClock final : public Clock {
 public:
  SteadyTime Now() override { return SteadyTime(kStart + elapsed_.load()); }
  WallTime Wall() override {
    return WallTime(std::chrono::hours(24 * 365 * 50) + kStart + elapsed_.load());
  }
  bool SleepFor(Milliseconds duration, const std::stop_token& stop) override {
    if (stop.stop_requested()) return false;
    Advance(duration);
    return true;
  }
  void Advance(Milliseconds duration) { elapsed_ = elapsed_.load() + duration; }

 private:
  static constexpr Milliseconds kStart{1'000'000};
  std::atomic<Milliseconds> elapsed_{Milliseconds{0}};
};

}  // namespace reprocess::test
