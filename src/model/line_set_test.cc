#include "model/line_set.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

TEST(LineSetTest, ALineIsABitFromTheLowestOfTheFirstByteOn) {
  LineBits bits;
  for (const std::uint64_t number : {1u, 8u, 9u, 20u}) bits.Add(number);
  EXPECT_EQ(bits.bytes(), std::string("\x81\x01\x08"));
  for (std::uint64_t number = 1; number < 100; ++number) {
    EXPECT_EQ(bits.Has(number), number == 1 || number == 8 || number == 9 || number == 20);
  }
}

TEST(LineSetTest, SetsAreEqualByTheHashOfTheirBytesLoadedOrNot) {
  LineBits bits;
  bits.Add(7);
  const LineSet loaded(bits), named = LineSet::Named(std::string(loaded.sha256()));
  EXPECT_EQ(loaded, named);
  EXPECT_TRUE(loaded.loaded());
  EXPECT_FALSE(named.loaded());
  bits.Add(8);
  EXPECT_NE(LineSet(bits), loaded);
  EXPECT_NE(LineSet(), loaded);
}

TEST(LineSetTest, WithoutASetAllLinesAreThere) {
  EXPECT_TRUE(LineSet().all());
  EXPECT_TRUE(LineSet().Has(1'000'000'000));
}

}  // namespace
}  // namespace reprocess
