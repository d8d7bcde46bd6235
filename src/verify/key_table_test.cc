#include "verify/key_table.h"

#include <map>
#include <string>

#include <gmock/gmock.h>

namespace reprocess {
namespace {

using ::testing::ElementsAre;

ExpectedLine LineAt(std::uint64_t byte) {
  const KeyText key = LineKeyOf(FileKeyOf("a"), byte);
  return {*KeyBitsOf({key.data(), key.size()}), HashOf(std::to_string(byte)), byte, 7, 3, true};
}

TEST(PlanPasses, OnePassHoldsWhatFits) {
  EXPECT_THAT(PlanPasses(0, 80), ElementsAre(KeyRange{0, UINT64_MAX}));
  EXPECT_THAT(PlanPasses(70, 80), ElementsAre(KeyRange{0, UINT64_MAX}));
}

TEST(PlanPasses, HundredMillionLinesInOneGibibyteTakeAHandfulOfPasses) {
  const auto passes = PlanPasses(100'000'000, KeyTable::CapacityOf(1 << 30));
  EXPECT_EQ(passes.size(), 6u);
}

TEST(PlanPasses, EveryKeyIsInOnePass) {
  for (const std::uint64_t lines : {71u, 200u, 1'000u, 12'345u}) {
    const auto passes = PlanPasses(lines, 80);
    EXPECT_EQ(passes.front().first, 0u);
    EXPECT_EQ(passes.back().last, UINT64_MAX);
    for (std::size_t i = 1; i < passes.size(); ++i) {
      EXPECT_EQ(passes[i].first, passes[i - 1].last + 1);
    }
  }
}

TEST(PlanPasses, HalvesMeet) {
  const auto [left, right] = Halves({10, 20});
  EXPECT_EQ(left, (KeyRange{10, 15}));
  EXPECT_EQ(right, (KeyRange{16, 20}));
  EXPECT_EQ(Halves({}).second.first, Halves({}).first.last + 1);
}

TEST(KeyTable, TellsFirstAgainAlteredAndForeign) {
  KeyTable table(100);
  const ExpectedLine line = LineAt(40);
  ASSERT_TRUE(table.Add(line));
  auto sighting = table.See(line.key, line.value_hash);
  ASSERT_TRUE(sighting);
  EXPECT_FALSE(sighting->again || sighting->altered);
  EXPECT_EQ(sighting->line.byte, 40u);
  EXPECT_EQ(sighting->line.file, 7u);
  EXPECT_EQ(sighting->line.line, 3u);
  sighting = table.See(line.key, line.value_hash + 1);
  EXPECT_TRUE(sighting && sighting->again && sighting->altered);
  EXPECT_FALSE(table.See(LineAt(41).key, 0));
}

TEST(KeyTable, NamesEveryLineThatWasNotSeen) {
  KeyTable table(1'000);
  for (std::uint64_t byte = 0; byte < 1'000; ++byte) ASSERT_TRUE(table.Add(LineAt(byte)));
  for (std::uint64_t byte = 0; byte < 1'000; byte += 2) {
    EXPECT_TRUE(table.See(LineAt(byte).key, LineAt(byte).value_hash)) << byte;
  }
  std::uint64_t unseen = 0;
  table.ForEachUnseen([&](const ExpectedLine& line) { unseen += line.byte % 2; });
  EXPECT_EQ(unseen, 500u);
}

TEST(KeyTable, TakesNoMoreThanItsCapacity) {
  KeyTable table(KeyTable::CapacityOf(4'000));
  std::uint64_t taken = 0;
  while (table.Add(LineAt(taken))) ++taken;
  EXPECT_EQ(taken, 80u);
}

}  // namespace
}  // namespace reprocess
