#include "missing/value_table.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

using Fate = ValueTable::Fate;

Value ValueOf(std::uint64_t number) {
  return {{number * 0x9E37'79B9'7F4A'7C15, number}, 100};
}

ValueFacts GoingBy(std::uint32_t way) {
  ValueFacts facts;
  facts.way = way;
  return facts;
}

TEST(ValueTable, AsManyRecordsAccountForAsManyEqualLines) {
  ValueTable table;
  const std::uint32_t value = table.AddLine(ValueOf(1), {});
  for (int i = 0; i < 2; ++i) EXPECT_EQ(table.AddLine(ValueOf(1), {}), value);
  EXPECT_EQ(table.repeated(), 2U);
  for (int i = 0; i < 2; ++i) table.AddRecord(value, true);
  EXPECT_EQ(table.TakeLine(value), Fate::kThere);
  EXPECT_EQ(table.TakeLine(value), Fate::kThere);
  EXPECT_EQ(table.TakeLine(value), Fate::kMissing);
}

TEST(ValueTable, ARecordOfSomeConnectionsAccountsInPartBehindThoseOfAll) {
  ValueTable table;
  const std::uint32_t value = table.AddLine(ValueOf(1), {});
  table.AddRecord(value, false);
  table.AddRecord(value, true);
  EXPECT_EQ(table.TakeLine(value), Fate::kThere);
  EXPECT_EQ(table.TakeLine(value), Fate::kPartly);
  EXPECT_EQ(table.TakeLine(value), Fate::kMissing);
}

TEST(ValueTable, ValuesOfOneHashAndAnotherLengthAreOthers) {
  ValueTable table;
  const std::uint32_t value = table.AddLine(ValueOf(1), {});
  Value longer = ValueOf(1);
  ++longer.size;
  EXPECT_EQ(table.NumberOf(longer), ValueTable::kNone);
  EXPECT_EQ(table.NumberOf(ValueOf(1)), value);
  EXPECT_NE(table.AddLine(longer, {}), value);
}

TEST(ValueTable, KnowsWhatTheLinesOfAValueSay) {
  ValueTable table;
  const WallTime created{std::chrono::seconds(1'777'777'777)};
  const auto told = table.AddLine(ValueOf(1), {.created = created, .has_origin = true, .way = 7});
  const auto silent = table.AddLine(ValueOf(2), {});
  EXPECT_EQ(table.FactsOf(told).created, created);
  EXPECT_TRUE(table.FactsOf(told).has_origin);
  EXPECT_EQ(table.FactsOf(told).way, 7U);
  EXPECT_EQ(table.FactsOf(silent).created, std::nullopt);
  EXPECT_FALSE(table.FactsOf(silent).has_origin);
}

TEST(ValueTable, KeepsWhatItHasWhenItGrowsAndSaysWhatItTakes) {
  ValueTable table;
  constexpr std::uint32_t kValues = 100'000;
  for (std::uint32_t i = 0; i < kValues; ++i) {
    const std::uint64_t before = table.bytes();
    ASSERT_EQ(table.AddLine(ValueOf(i), GoingBy(i)), i);
    ASSERT_GE(before, (i + 1) * 48 + (i + 1) * 8 * 5 / 4);
  }
  EXPECT_LT(table.bytes(), std::uint64_t{kValues} * 48 + std::uint64_t{kValues} * 8 * 4);
  for (std::uint32_t i = 0; i < kValues; ++i) {
    ASSERT_EQ(table.NumberOf(ValueOf(i)), i);
    ASSERT_EQ(table.FactsOf(i).way, i);
  }
  table.Clear();
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.NumberOf(ValueOf(1)), ValueTable::kNone);
}

}  // namespace
}  // namespace reprocess
