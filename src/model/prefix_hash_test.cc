#include "model/prefix_hash.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

std::uint64_t HashOfPieces(std::string_view bytes, std::size_t size) {
  PrefixHash hash;
  for (std::size_t at = 0; at < bytes.size(); at += size) hash.Add(bytes.substr(at, size));
  return hash.Value();
}

TEST(PrefixHash, IsTheSameWhereverTheBytesAreCut) {
  const std::string text = "one\n\n" + std::string(1'000, 'x') + "\r\nlast";
  for (std::size_t size = 1; size < 20; ++size) {
    EXPECT_EQ(HashOfPieces(text, size), HashOfPieces(text, text.size())) << size;
  }
}

TEST(PrefixHash, GoesOnBehindAnyLine) {
  const std::string_view first = "one\n", second = "two\n";
  const std::uint64_t after_first = HashWithLine(0, first);
  EXPECT_EQ(HashOfPieces(first, 9), after_first);
  PrefixHash rest(after_first);
  rest.Add(second);
  EXPECT_EQ(rest.Value(), HashOfPieces("one\ntwo\n", 9));
  EXPECT_EQ(rest.Value(), HashWithLine(after_first, second));
}

TEST(PrefixHash, TellsBytesApart) {
  const std::string_view texts[] = {"",       "\n",     "\n\n", "a",       "a\n",
                                    "b\na\n", "a\nb\n", "ab\n", "a\nb\n\n"};
  for (const auto& a : texts) {
    for (const auto& b : texts) EXPECT_EQ(HashOfPieces(a, 9) == HashOfPieces(b, 9), a == b);
  }
}

TEST(PrefixHash, IsStoredAndMayNeverChange) {
  EXPECT_EQ(HashOfPieces("", 1), 0u);
  EXPECT_EQ(HashOfPieces("{\"n\":1}\n{\"n\":2}\n", 5), 0xDE31'2B51'E949'A412u);
}

TEST(PlaceHashText, ReadsBackAndIsEmptyWhereTheFirstBytesAreNotKnown) {
  const PlaceHash hash{0xABCDEF, 0, 4'096, 17};
  EXPECT_EQ(TextOf(hash), "0000000000abcdef:4096:0000000000000011");
  EXPECT_EQ(PlaceHashOf(TextOf(hash)), hash);
  EXPECT_EQ(TextOf(PlaceHash{1, 5, 2, 3}), "");
  for (const std::string_view text : {"", "x", "1:2", "1:2:3:4", "1:2:3 "}) {
    EXPECT_EQ(PlaceHashOf(text), PlaceHash{}) << text;
  }
}

}  // namespace
}  // namespace reprocess
