#include "missing/value_table.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

using Fate = ValueTable::Fate;

Value ValueOf(std::uint64_t number) {
  return {{number * 0x9E37'79B9'7F4A'7C15, number}, 100};
}

TEST(ValueTable, AsManyRecordsAccountForAsManyEqualLines) {
  ValueTable table(1 << 20);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(table.AddLine(ValueOf(1), 0));
  for (int i = 0; i < 2; ++i) table.AddRecord(ValueOf(1), true);
  EXPECT_EQ(table.TakeLine(ValueOf(1)), Fate::kThere);
  EXPECT_EQ(table.TakeLine(ValueOf(1)), Fate::kThere);
  EXPECT_EQ(table.TakeLine(ValueOf(1)), Fate::kMissing);
}

TEST(ValueTable, ARecordOfSomeConnectionsAccountsInPartBehindThoseOfAll) {
  ValueTable table(1 << 20);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(table.AddLine(ValueOf(1), 0));
  table.AddRecord(ValueOf(1), false);
  table.AddRecord(ValueOf(1), true);
  EXPECT_EQ(table.TakeLine(ValueOf(1)), Fate::kThere);
  EXPECT_EQ(table.TakeLine(ValueOf(1)), Fate::kPartly);
  EXPECT_EQ(table.TakeLine(ValueOf(1)), Fate::kMissing);
}

TEST(ValueTable, ValuesOfOneHashAndAnotherLengthAreOthers) {
  ValueTable table(1 << 20);
  EXPECT_TRUE(table.AddLine(ValueOf(1), 7));
  Value longer = ValueOf(1);
  ++longer.size;
  EXPECT_EQ(table.WayOf(longer), nullptr);
  table.AddRecord(longer, true);
  ASSERT_NE(table.WayOf(ValueOf(1)), nullptr);
  EXPECT_EQ(*table.WayOf(ValueOf(1)), 7U);
  EXPECT_EQ(table.TakeLine(ValueOf(1)), Fate::kMissing);
}

TEST(ValueTable, GrowsAsFarAsItsMemoryGoesAndKeepsWhatItHas) {
  ValueTable table(1 << 20);
  std::uint64_t added = 0;
  while (table.AddLine(ValueOf(added), static_cast<std::uint32_t>(added))) ++added;
  EXPECT_EQ(added, table.size());
  EXPECT_GT(added, 10'000U);
  EXPECT_LT(added * 40, std::uint64_t{1} << 20);
  for (std::uint64_t i = 0; i < added; ++i) {
    ASSERT_NE(table.WayOf(ValueOf(i)), nullptr);
    EXPECT_EQ(*table.WayOf(ValueOf(i)), i);
  }
  table.Clear();
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.WayOf(ValueOf(1)), nullptr);
}

}  // namespace
}  // namespace reprocess
