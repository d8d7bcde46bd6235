#include "decode/prefix.h"

#include <gtest/gtest.h>

#include "decode/object_for_tests.h"
#include "model/prefix_hash.h"

namespace reprocess {
namespace {

std::uint64_t HashOfAll(std::string_view bytes) {
  PrefixHash hash;
  hash.Add(bytes);
  return hash.Value();
}

Result<Prefix> PrefixOf(const std::string& stored, std::uint64_t bytes) {
  return ReadPrefix(FakeObject{stored, 7, SIZE_MAX}.Opener(), bytes, {});
}

TEST(Prefix, IsTheHashOfTheFirstBytesHoweverTheyAreStored) {
  const std::string text = "one\ntwo\nthree\nfo";
  for (const std::string& stored : {text, GzipMember(text), ZstdFrame(text)}) {
    for (std::uint64_t bytes = 0; bytes <= text.size(); ++bytes) {
      SCOPED_TRACE(bytes);
      const auto prefix = PrefixOf(stored, bytes);
      ASSERT_TRUE(prefix);
      const std::string_view first = std::string_view(text).substr(0, bytes);
      EXPECT_EQ(prefix->bytes, bytes);
      EXPECT_EQ(prefix->hash, HashOfAll(first));
      EXPECT_EQ(prefix->last_line, first.rfind('\n') == first.npos ? 0 : first.rfind('\n') + 1);
      EXPECT_EQ(prefix->more, bytes < text.size());
    }
  }
}

TEST(Prefix, OfAnObjectThatEndsBeforeIsShorter) {
  const auto prefix = PrefixOf("one\n", 9);
  ASSERT_TRUE(prefix);
  EXPECT_EQ(prefix->bytes, 4);
  EXPECT_FALSE(prefix->more);
}

TEST(Prefix, IsKnownWhereOnlyWhatFollowsCannotBeRead) {
  const std::string text(4'000, 'x');
  const std::string stored = GzipMember("one\n") + GzipMember(text).substr(0, 12);
  const auto prefix = PrefixOf(stored, 4);
  ASSERT_TRUE(prefix);
  EXPECT_EQ(prefix->hash, HashOfAll("one\n"));
  EXPECT_TRUE(prefix->more);
  EXPECT_FALSE(PrefixOf(stored, 4'004));
}

}  // namespace
}  // namespace reprocess
