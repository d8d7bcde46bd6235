// A clock whose hands a test moves; sleeping moves them.
#pragma once

#include "base/clock.h"

namespace reprocess {

class HandClock final : public Clock {
 public:
  SteadyTime Now() override { return now; }
  WallTime Wall() override { return wall; }
  bool SleepFor(Milliseconds duration, const std::stop_token&) override {
    Move(duration);
    return true;
  }
  void Move(Milliseconds duration) {
    now += duration;
    wall += duration;
  }

  SteadyTime now;
  WallTime wall;
};

}  // namespace reprocess
