#include "model/counters.h"

#include <gtest/gtest.h>

#include "model/batch.h"

namespace reprocess {
namespace {

Line LineOf(Verdict verdict, Reason reason, std::uint64_t bytes) {
  Line line;
  line.first_byte = 1'000;
  line.end_byte = 1'000 + bytes;
  line.verdict = verdict;
  line.reason = reason;
  return line;
}

TEST(Counters, EveryReasonIsEitherASkipOrAnError) {
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    SCOPED_TRACE(NameOf(reason));
    Counters counters;
    counters[reason] = 5;
    EXPECT_EQ(counters.skipped(), IsSkip(reason) ? 5u : 0u);
    EXPECT_EQ(counters.errors(), IsSkip(reason) ? 0u : 5u);
    EXPECT_EQ(ReasonOf(NameOf(reason)), reason);
  }
  EXPECT_FALSE(ReasonOf("no such reason"));
  EXPECT_LE(kReasonCount, 16u);
}

TEST(Counters, JudgedLinesKeepTheBooksBalanced) {
  Counters counters;
  Count(LineOf(Verdict::kSend, Reason::kBlank, 100), counters);
  Count(LineOf(Verdict::kSkip, Reason::kDate, 20), counters);
  Count(LineOf(Verdict::kSkip, Reason::kBlank, 1), counters);
  Count(LineOf(Verdict::kError, Reason::kInvalidJson, 3), counters);
  EXPECT_EQ(counters.lines, 4u);
  EXPECT_EQ(counters.bytes, 124u);
  EXPECT_EQ(counters.success, 1u);
  EXPECT_EQ(counters.success_bytes, 100u);
  EXPECT_EQ(counters.skipped(), 2u);
  EXPECT_EQ(counters.skipped_bytes, 21u);
  EXPECT_EQ(counters.errors(), 1u);
  EXPECT_EQ(counters.error_bytes, 3u);
  EXPECT_TRUE(counters.Balanced());
}

TEST(Counters, OnlyALineThatIsSentCountsAsNotUtf8) {
  Counters counters;
  for (const Verdict verdict : {Verdict::kSend, Verdict::kSkip, Verdict::kError}) {
    Line line = LineOf(verdict, verdict == Verdict::kSkip ? Reason::kDate : Reason::kTooLarge, 1);
    line.not_utf8 = true;
    Count(line, counters);
  }
  EXPECT_EQ(counters.not_utf8, 1u);
}

TEST(Counters, AnUnjudgedLineUnbalancesTheBooks) {
  Counters counters;
  Count(LineOf(Verdict::kUnjudged, Reason::kBlank, 9), counters);
  EXPECT_FALSE(counters.Balanced());
}

TEST(Counters, LinesAndBytesAreBalancedEachForItself) {
  Counters lines, bytes;
  lines.lines = bytes.bytes = 1;
  EXPECT_FALSE(lines.Balanced());
  EXPECT_FALSE(bytes.Balanced());
  EXPECT_TRUE(Counters().Balanced());
}

TEST(Counters, WhatIsAddedCanBeTakenBack) {
  Counters one;
  Count(LineOf(Verdict::kSend, Reason::kBlank, 100), one);
  one.not_utf8 = 1;
  Counters sum = one;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    Line line = LineOf(IsSkip(static_cast<Reason>(i)) ? Verdict::kSkip : Verdict::kError,
                       static_cast<Reason>(i), i + 1);
    Counters other;
    Count(line, other);
    sum += other;
  }
  EXPECT_TRUE(sum.Balanced());
  EXPECT_EQ(sum.lines, 1 + kReasonCount);
  const Counters all = sum;
  sum -= one;
  EXPECT_EQ(sum.success, 0u);
  sum += one;
  EXPECT_EQ(sum, all);
  sum -= all;
  EXPECT_EQ(sum, Counters());
}

}  // namespace
}  // namespace reprocess
