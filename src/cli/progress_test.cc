#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/numbers.h"

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

ShardProgress At(std::uint64_t stored, std::uint64_t lines, std::uint64_t errors = 0) {
  ShardProgress progress;
  progress.stored_bytes = stored;
  progress.row.counters.lines = lines;
  progress.row.counters.bytes = lines * 100;
  progress.row.counters[Reason::kInvalidJson] = errors;
  progress.row.current_file = "/logs/a.ndjson";
  return progress;
}

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
            "50 %, 10,000 lines, 2,000 lines/s, 200.0 kB/s, 1 error, 6 s left");
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

TEST(Progress, BarsShowEveryShardAndNeverWrap) {
  ProgressState state({1000, 1000, 0}, {}, {});
  state.Update(0, At(500, 10));
  state.Wait(1, "waiting for Kafka: a long story about brokers that do not answer for a long time");
  ShardReport done;
  done.exit = ExitCode::kCompleted;
  state.End(2, done);
  const auto lines = Bars(state, 100, 24);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_THAT(lines[0], StartsWith("shard 0  [============>           ]   50 %  10 lines"));
  EXPECT_THAT(lines[0], HasSubstr("a.ndjson"));
  EXPECT_THAT(lines[1], HasSubstr("waiting for Kafka"));
  EXPECT_THAT(lines[2], HasSubstr("100 %"));
  EXPECT_THAT(lines[3], StartsWith("total"));
  for (const auto& line : Bars(state, 40, 24)) EXPECT_LE(WidthOf(line), 40U);
  EXPECT_EQ(Bars(state, 100, 5).size(), 3U);  // two shards and the total
}

}  // namespace
}  // namespace reprocess
