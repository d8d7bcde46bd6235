#include "cli/commands/logs.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

TEST(LogsCommand, ReadsHowFarBackToGo) {
  const WallTime now = ParseRfc3339("2026-05-01T10:00:00Z")->time;
  for (const auto& [text, expected] :
       {std::pair("90s", "2026-05-01T09:58:30Z"), std::pair("10m", "2026-05-01T09:50:00Z"),
        std::pair("2h", "2026-05-01T08:00:00Z"),
        std::pair("2026-04-30T00:00:00Z", "2026-04-30T00:00:00Z")}) {
    const auto since = SinceOf(text, now);
    ASSERT_TRUE(since) << text;
    EXPECT_EQ(FormatRfc3339(*since), expected);
  }
  for (const char* text : {"", "10", "m", "-5m", "10 m", "yesterday"}) {
    EXPECT_FALSE(SinceOf(text, now)) << text;
  }
}

}  // namespace
}  // namespace reprocess
