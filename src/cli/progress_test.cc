#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/numbers.h"

namespace reprocess {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

WorkerRow At(std::uint64_t stored, std::uint64_t lines, std::uint64_t errors = 0) {
  WorkerRow row;
  row.stored_bytes = stored;
  row.counters.lines = lines;
  row.counters.bytes = lines * 100;
  row.counters[Reason::kInvalidJson] = errors;
  row.current_file = "/logs/kafka_failover_2026_05_01T00_00_00.ndjson";
  return row;
}

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
  EXPECT_EQ(ProgressLine(state),
            "50 %, 10,000 lines, 2,000 lines/s, 200.0 kB/s, 1 error, 6 s left, 5 s elapsed");
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
  EXPECT_THAT(ProgressLine(state), HasSubstr("paused, 7 s left, 1m 39s elapsed"));
  state.Wait(0, "");
  state.Tick(start + 100 * kSecond);
  EXPECT_FALSE(state.Sum().paused);
  EXPECT_NEAR(*state.Sum().eta_seconds, left, 4) << "the pause is no time of work";
}

TEST(Progress, AFileThatFailedAndOneThatWasNotReadAreNotAllOfIt) {
  ProgressState state({1000}, {}, {});
  state.Update(0, At(400, 10));
  ShardReport failed;
  failed.exit = ExitCode::kFailedFiles;
  state.End(0, failed);
  EXPECT_DOUBLE_EQ(state.Sum().fraction, 0.4);
}

TEST(Progress, BarsOf80ColumnsShowTheTimeLeftTheEndsOfNamesAndHowManyShardsAreHidden) {
  const SteadyTime start{};
  ProgressState state(std::vector<std::uint64_t>(40, 1'000'000'000), {}, start);
  for (int shard = 0; shard < 40; ++shard) state.Update(shard, At(0, 0));
  state.Tick(start + kSecond);
  for (int shard = 0; shard < 40; ++shard) state.Update(shard, At(5'000'000, 1'234'567, 12));
  state.Tick(start + 2 * kSecond);
  state.Wait(1, "Kafka: a long story about brokers that do not answer for a long time");
  state.Wait(39, "Kafka: away");
  const auto lines = Bars(state, 80, 24);
  ASSERT_EQ(lines.size(), 23U);
  for (const auto& line : lines) EXPECT_LE(WidthOf(line), 80U) << line;
  EXPECT_THAT(lines[0], StartsWith("shard 0   [            ]  0 %   1,234,567 lines"));
  EXPECT_THAT(lines[0], EndsWith("00_00.ndjson"));
  EXPECT_THAT(lines[1], HasSubstr("Kafka: a lo"));
  EXPECT_EQ(lines[20], "... and 20 more shards: 19 running, 1 waiting, 0 ended");
  EXPECT_THAT(lines[21], StartsWith("total"));
  EXPECT_THAT(lines[22], HasSubstr("left, 2 s elapsed, "));
}

TEST(Progress, BarsShowEveryShardAndNeverWrap) {
  ProgressState state({1000, 1000, 0}, {}, {});
  state.Update(0, At(500, 10));
  state.Wait(1, "waiting for Kafka: a long story about brokers that do not answer for a long time");
  ShardReport done;
  done.exit = ExitCode::kCompleted;
  state.End(2, done);
  const auto lines = Bars(state, 100, 24);
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_THAT(lines[0], StartsWith("shard 0  [============>           ]   50 %  10 lines"));
  EXPECT_THAT(lines[0], HasSubstr(".ndjson"));
  EXPECT_THAT(lines[1], HasSubstr("waiting for Kafka"));
  EXPECT_THAT(lines[2], HasSubstr("100 %"));
  EXPECT_THAT(lines[3], StartsWith("total"));
  for (const auto& line : Bars(state, 40, 24)) EXPECT_LE(WidthOf(line), 40U);
  EXPECT_EQ(Bars(state, 100, 5).size(), 4U);  // a shard, the hidden ones, the total's two
}

}  // namespace
}  // namespace reprocess
