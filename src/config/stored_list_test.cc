#include "config/stored_list.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

const StoredList kList{3, 70'000, 5, "0123456789abcdef", std::string(64, 'a')};

TEST(StoredList, ComesBackFromItsText) {
  EXPECT_EQ(**ParseStoredList(ToText(kList)), kList);
}

TEST(StoredList, IsWhatSaysSoAndIsWhole) {
  for (const char* other : {"", "[", "[]", R"([{"path":"/a"}])", R"({"path":"/a"})", "{}"}) {
    const auto read = ParseStoredList(other);
    ASSERT_TRUE(read) << other;
    EXPECT_FALSE(read->has_value()) << other;
  }
  const std::string whole = ToText(kList);
  for (const char* name : {"shards", "total_files", "begins_at", "list", "sha256"}) {
    std::string broken = whole;
    broken.replace(broken.find(name), 1, "x");
    EXPECT_FALSE(ParseStoredList(broken)) << broken;
  }
  EXPECT_FALSE(ParseStoredList(ToText({3, 5, 5, "0123456789abcdef", std::string(64, 'a')})));
}

}  // namespace
}  // namespace reprocess
