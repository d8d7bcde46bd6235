#include "model/max_errors.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

TEST(MaxErrors, IsANumberOfLinesOrAShareWithTwoDigitsBehindThePoint) {
  struct Row {
    const char* text;
    std::optional<MaxErrors> read;
  };
  const Row rows[] = {{"0", MaxErrors{.lines = 0}},
                      {"76", MaxErrors{.lines = 76}},
                      {"5%", MaxErrors{.hundredths = 500}},
                      {"0.25%", MaxErrors{.hundredths = 25}},
                      {"0.05%", MaxErrors{.hundredths = 5}},
                      {"2.5%", MaxErrors{.hundredths = 250}},
                      {"100%", MaxErrors{.hundredths = 10'000}},
                      {"0%", MaxErrors{.hundredths = 0}},
                      {"", {}},
                      {"%", {}},
                      {"-1", {}},
                      {"101%", {}},
                      {"100.01%", {}},
                      {"1.%", {}},
                      {"1.234%", {}},
                      {"5 %", {}},
                      {"half", {}},
                      {"18446744073709551615", {}}};
  for (const Row& row : rows) {
    EXPECT_EQ(ParseMaxErrors(row.text), row.read) << row.text;
    if (row.read) {
      EXPECT_EQ(ToText(*row.read), row.text);
    }
  }
}

TEST(MaxErrors, IsOverFromAThousandJudgedLinesOnAndOnlyByMore) {
  struct Row {
    const char* most;
    std::uint64_t sent, errors;
    bool over;
  };
  const Row rows[] = {
      {"50%", 0, 999, false},    {"50%", 0, 1'000, true}, {"50%", 500, 500, false},
      {"50%", 499, 501, true},   {"10", 980, 10, false},  {"10", 990, 10, false},
      {"10", 990, 11, true},     {"0", 999, 1, true},     {"0", 1'000, 0, false},
      {"100%", 0, 5'000, false}, {"0.5%", 995, 5, false}, {"0.5%", 994, 6, true},
  };
  for (const Row& row : rows) {
    Counters shard;
    shard.success = row.sent;
    shard[Reason::kUnknownStream] = row.errors;
    shard[Reason::kBlank] = 5'000;  // skipped lines are not judged
    EXPECT_EQ(IsOver(*ParseMaxErrors(row.most), shard), row.over)
        << row.most << " of " << row.sent << " + " << row.errors;
  }
}

}  // namespace
}  // namespace reprocess
