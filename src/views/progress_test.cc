#include "views/progress.h"

#include <gtest/gtest.h>

#include "views/row_for_tests.h"

namespace reprocess {
namespace {

constexpr std::chrono::seconds kSecond{1};

TEST(Progress, RatesAndTimeLeftAreThoseOfTheLastSeconds) {
  const SteadyTime start{};
  ProgressState state({1000, 1000}, {}, start);
  state.Update(0, At(200, 2000));
  state.Tick(start + std::chrono::seconds(1));
  state.Update(0, At(600, 6000, 1));
  state.Update(1, At(400, 4000));
  state.Tick(start + std::chrono::seconds(5));
  const auto totals = state.Sum();
  EXPECT_DOUBLE_EQ(totals.fraction, 0.5);
  EXPECT_DOUBLE_EQ(totals.lines_per_second, 2000);
  EXPECT_DOUBLE_EQ(totals.bytes_per_second, 200'000);
  ASSERT_TRUE(totals.eta_seconds);
  EXPECT_NEAR(*totals.eta_seconds, 1000 / (800 / 5.0), 0.001);
}

TEST(Progress, WhatEarlierRunsDidIsNoRate) {
  const SteadyTime start{};
  Counters before;
  before.lines = 5000;
  ProgressState state({1000}, before, start);
  state.Update(0, At(500, 5100));
  state.Tick(start + std::chrono::seconds(1));
  EXPECT_DOUBLE_EQ(state.Sum().lines_per_second, 100);
  EXPECT_FALSE(state.Sum().eta_seconds);
}

TEST(Progress, TheTimeLeftStandsStillWhileTheJobIsPaused) {
  const SteadyTime start{};
  ProgressState state({1000}, {}, start);
  state.Update(0, At(100, 1000));
  state.Tick(start + kSecond);
  state.Update(0, At(300, 3000));
  state.Tick(start + 2 * kSecond);
  const double left = *state.Sum().eta_seconds;
  state.Wait(0, "paused");
  for (int second = 3; second < 100; ++second) state.Tick(start + second * kSecond);
  EXPECT_TRUE(state.Sum().paused);
  EXPECT_DOUBLE_EQ(*state.Sum().eta_seconds, left);
  state.Wait(0, "");
  state.Tick(start + 100 * kSecond);
  EXPECT_FALSE(state.Sum().paused);
  EXPECT_NEAR(*state.Sum().eta_seconds, left, 4) << "the pause is no time of work";
}

TEST(Progress, AFileThatFailedAndOneThatWasNotReadAreNotAllOfIt) {
  ProgressState state({1000}, {}, {});
  state.Update(0, At(400, 10));
  ShardReport failed;
  failed.outcome = Outcome::kFailedFiles;
  state.End(0, failed);
  EXPECT_DOUBLE_EQ(state.Sum().fraction, 0.4);
}

}  // namespace
}  // namespace reprocess
