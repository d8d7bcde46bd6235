// The seam to time: the programs read clocks and sleep through this, and tests move the hands.
#pragma once

#include <chrono>
#include <stop_token>

namespace reprocess {

using Milliseconds = std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

// Threads: any.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime Now() = 0;
  virtual WallTime Wall() = 0;
  // Sleeps; false where `stop` fired first.
  virtual bool SleepFor(Milliseconds duration, const std::stop_token& stop) = 0;
};

// The machine's clocks; valid for ever.
Clock& SystemClock();

// Exponential backoff with full jitter: base, 2 base, 4 base … at most `cap`, each multiplied by a
// random factor in [0.5, 1].
class Backoff {
 public:
  Backoff(Milliseconds base, Milliseconds cap) : base_(base), cap_(cap) {}
  Milliseconds Next();
  void Reset() { step_ = 0; }

 private:
  Milliseconds base_, cap_;
  int step_ = 0;
};

}  // namespace reprocess
