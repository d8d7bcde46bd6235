#include "base/log_fold.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

using std::chrono::seconds;

constexpr SteadyTime kStart{std::chrono::hours(1)};

TEST(LogFold, ALineThatRepeatsTheLastOfItsKindIsCountedUntilItsWindowIsOver) {
  LogFold fold;
  const auto admit = [&](std::string_view why, SteadyTime at) {
    return fold.Admit(LogLevel::kInfo, "waiting", {{"why", why}}, at);
  };
  EXPECT_TRUE(admit("Kafka", kStart));
  for (int i = 1; i <= 132; ++i) EXPECT_FALSE(admit("Kafka", kStart + Milliseconds(i)));
  EXPECT_TRUE(admit("database", kStart + seconds(1))) << "another kind";
  EXPECT_TRUE(fold.TakeOver(kStart + LogFold::kWindow - Milliseconds(1)).empty());
  const auto over = fold.TakeOver(kStart + LogFold::kWindow);
  ASSERT_EQ(over.size(), 1);
  EXPECT_EQ(over[0].message, "waiting");
  EXPECT_EQ(over[0].count, 132);
  EXPECT_EQ(over[0].fields.at(0).value, "Kafka");
  EXPECT_TRUE(admit("Kafka", kStart + seconds(40))) << "a new window";
  EXPECT_TRUE(fold.TakeOver(SteadyTime::max()).empty()) << "nothing was counted since";
}

TEST(LogFold, LinesThatDifferAreAllWrittenUpToABoundForWarningsAndErrors) {
  LogFold fold;
  const auto admitted = [&](LogLevel level, std::string_view message) {
    std::uint64_t written = 0;
    for (std::uint64_t line = 0; line < 1000; ++line) {
      written += fold.Admit(level, message, {{"line", line}, {"reason", "oversized"}}, kStart);
    }
    return written;
  };
  EXPECT_EQ(admitted(LogLevel::kInfo, "shard ended"), 1000);
  EXPECT_EQ(admitted(LogLevel::kWarn, "line not sent"), LogFold::kMostAlike);
  const auto over = fold.TakeOver(SteadyTime::max());
  ASSERT_EQ(over.size(), 1);
  EXPECT_EQ(over[0].count, 1000 - LogFold::kMostAlike);
  EXPECT_EQ(over[0].fields.at(0).value, "999") << "the last one stands for the others";
}

}  // namespace
}  // namespace reprocess
