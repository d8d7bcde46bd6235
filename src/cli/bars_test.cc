#include "cli/bars.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/numbers.h"
#include "views/row_for_tests.h"

namespace reprocess {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::chrono::seconds kSecond{1};

TEST(ProgressLine, TellsHowFarHowFastAndHowLongStillAndThatTheJobIsPaused) {
  const SteadyTime start{};
  ProgressState state({1000, 1000}, {}, start);
  state.Update(0, At(200, 2000));
  state.Tick(start + kSecond);
  state.Update(0, At(600, 6000, 1));
  state.Update(1, At(400, 4000));
  state.Tick(start + 5 * kSecond);
  EXPECT_EQ(ProgressLine(state),
            "50 %, 10,000 lines, 2,000 lines/s, 200.0 kB/s, 1 error, 6 s left, 5 s elapsed");
  for (int shard = 0; shard < 2; ++shard) state.Wait(shard, "paused");
  state.Tick(start + 99 * kSecond);
  EXPECT_THAT(ProgressLine(state), HasSubstr("paused, 6 s left, 1m 39s elapsed"));
}

TEST(Bars, Of80ColumnsShowTheTimeLeftTheEndsOfNamesAndHowManyShardsAreHidden) {
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

TEST(Bars, ShowEveryShardAndNeverWrap) {
  ProgressState state({1000, 1000, 0}, {}, {});
  state.Update(0, At(500, 10));
  state.Wait(1, "waiting for Kafka: a long story about brokers that do not answer for a long time");
  ShardReport done;
  done.outcome = Outcome::kComplete;
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
