#include "model/name_time.h"

#include <gtest/gtest.h>

#include "model/time_text.h"

namespace reprocess {
namespace {

TEST(NameTime, IsTheLastValidOneOfTheBaseName) {
  const auto time =
      NameTimeOf("s3://b/2026_01_01T00_00_00/x_2026_05_01T06_07_08_2026_13_01T00_00_00.gz");
  ASSERT_TRUE(time);
  EXPECT_EQ(time->time, *ParseRfc3339("2026-05-01T06:07:08Z"));
  EXPECT_EQ(time->at, std::string_view("s3://b/2026_01_01T00_00_00/x_").size());
  EXPECT_FALSE(NameTimeOf("2026_01_01T00_00_00/a.ndjson"));
  EXPECT_FALSE(NameTimeOf("short"));
}

TEST(NameTime, IsWrittenAsItIsRead) {
  const WallTime time = *ParseRfc3339("2026-05-01T06:07:08Z");
  EXPECT_EQ(NameTimeText(time), "2026_05_01T06_07_08");
  EXPECT_EQ(NameTimeOf(NameTimeText(time))->time, time);
}

}  // namespace
}  // namespace reprocess
