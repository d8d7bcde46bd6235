#include "base/edit_distance.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

TEST(EditDistance, CountsBytesChangedAddedAndRemoved) {
  const struct {
    const char *a, *b;
    std::size_t distance;
  } kRows[] = {
      {"", "", 0},         {"abc", "abc", 0},          {"abc", "", 3},    {"abc", "abd", 1},
      {"abc", "abcd", 1},  {"abc", "bc", 1},           {"abc", "acb", 2}, {"kitten", "sitting", 3},
      {"flaw", "lawn", 2}, {"delivery", "deliver", 1},
  };
  for (const auto& [a, b, distance] : kRows) {
    SCOPED_TRACE(std::string(a) + " " + b);
    EXPECT_EQ(EditDistance(a, b), distance);
    EXPECT_EQ(EditDistance(b, a), distance);
  }
}

}  // namespace
}  // namespace reprocess
