#include "verify/sent_lines.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

using Fate = ErrorCursor::Fate;

TEST(ErrorCursor, ALineInAnExactRowIsAnErrorAndItsNeighboursAreNot) {
  const std::vector<ErrorRange> ranges = {{10, 20, 1, Reason::kInvalidJson, false},
                                          {20, 40, 2, Reason::kUnknownStream, false}};
  ErrorCursor cursor(ranges);
  EXPECT_EQ(cursor.At(0), Fate::kSent);
  EXPECT_EQ(cursor.At(10), Fate::kError);
  EXPECT_EQ(cursor.At(20), Fate::kError);
  EXPECT_EQ(cursor.At(30), Fate::kError);
  EXPECT_EQ(cursor.At(40), Fate::kSent);
  EXPECT_FALSE(cursor.covered());
}

TEST(ErrorCursor, WhatAnApproximateRowCoversIsUnclearWhereTheLineDoesNotShowTheError) {
  const std::vector<ErrorRange> ranges = {{0, 100, 3, Reason::kInvalidJson, true},
                                          {10, 50, 2, Reason::kUnknownStream, true}};
  ErrorCursor cursor(ranges);
  EXPECT_EQ(cursor.At(0), Fate::kSent);
  EXPECT_TRUE(cursor.covered());
  EXPECT_EQ(cursor.At(10), Fate::kUnclear);
  EXPECT_EQ(cursor.At(49), Fate::kUnclear);
  EXPECT_EQ(cursor.At(50), Fate::kSent);
  EXPECT_TRUE(cursor.covered());
}

TEST(ErrorCursor, LinesMaySkipWholeRows) {
  const std::vector<ErrorRange> ranges = {{10, 20, 1, Reason::kRefused, false},
                                          {30, 40, 1, Reason::kRefused, false}};
  ErrorCursor cursor(ranges);
  EXPECT_EQ(cursor.At(25), Fate::kSent);
  EXPECT_EQ(cursor.At(35), Fate::kError);
}

}  // namespace
}  // namespace reprocess
