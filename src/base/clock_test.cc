#include "base/clock.h"

#include <set>

#include <gtest/gtest.h>

namespace reprocess {
namespace {

TEST(Backoff, DoublesUpToItsCapAndJittersDownToAHalf) {
  for (int run = 0; run < 200; ++run) {
    Backoff backoff(Milliseconds(100), Milliseconds(2'000));
    for (const int full : {100, 200, 400, 800, 1'600, 2'000, 2'000, 2'000}) {
      const auto wait = backoff.Next().count();
      EXPECT_GE(wait, full / 2);
      EXPECT_LE(wait, full);
    }
  }
}

TEST(Backoff, JitterDiffers) {
  std::set<Milliseconds> waits;
  for (int run = 0; run < 100; ++run) {
    waits.insert(Backoff(Milliseconds(10'000), Milliseconds(10'000)).Next());
  }
  EXPECT_GT(waits.size(), 50u);
}

TEST(Backoff, BeginsAnewAfterReset) {
  Backoff backoff(Milliseconds(100), Milliseconds(60'000));
  for (int i = 0; i < 10; ++i) (void)backoff.Next();
  EXPECT_GE(backoff.Next(), Milliseconds(30'000));
  backoff.Reset();
  EXPECT_LE(backoff.Next(), Milliseconds(100));
}

TEST(Backoff, TheThousandthStepIsStillTheCap) {
  Backoff backoff(Milliseconds(100), Milliseconds(5'000));
  for (int i = 0; i < 1'000; ++i) EXPECT_LE(backoff.Next(), Milliseconds(5'000));
  EXPECT_GE(backoff.Next(), Milliseconds(2'500));
}

TEST(SystemClock, AStopRequestEndsASleepOfAnyLength) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(SystemClock().SleepFor(Milliseconds(3'600'000), stop.get_token()));
}

TEST(SystemClock, ASleepWithoutAStopRequestEndsByItself) {
  const SteadyTime before = SystemClock().Now();
  EXPECT_TRUE(SystemClock().SleepFor(Milliseconds(1), {}));
  EXPECT_GE(SystemClock().Now() - before, Milliseconds(1));
}

TEST(SystemClock, WallTimeIsOfThisCentury) {
  using std::chrono::years;
  const auto since = SystemClock().Wall().time_since_epoch();
  EXPECT_GT(since, years(50));
  EXPECT_LT(since, years(130));
}

}  // namespace
}  // namespace reprocess
