#include "model/stream_map.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace reprocess {
namespace {

std::string Id(int i) {
  return "stream-" + std::to_string(i * 7919);
}

TEST(StreamMap, FindsEachOfManyStreamsAndNoOther) {
  StreamMap streams;
  std::vector<std::string_view> kept;
  for (int i = 0; i < 10'000; ++i) {
    streams.Set(Id(i), i % 3 == 0 ? "" : "c" + std::to_string(i));
    if (i == 1) kept.push_back(*streams.Find(Id(1)));
  }
  EXPECT_EQ(streams.size(), 10'000u);
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_EQ(streams.Find(Id(i)), i % 3 == 0 ? "" : "c" + std::to_string(i));
  }
  for (int i = 10'000; i < 20'000; ++i) ASSERT_EQ(streams.Find(Id(i)), std::nullopt);
  const StreamMap moved = std::move(streams);
  EXPECT_EQ(kept[0], "c1");
  EXPECT_EQ(kept[0].data(), moved.Find(Id(1))->data());
}

TEST(StreamMap, ASecondTextOfAStreamTakesThePlaceOfTheFirst) {
  StreamMap streams = {{"a", "c1"}, {"b", "c2"}, {"", "c3"}};
  streams.Set("a", "c4,c5");
  EXPECT_EQ(streams.size(), 3u);
  EXPECT_EQ(streams.Find("a"), "c4,c5");
  EXPECT_EQ(streams.Find("b"), "c2");
  EXPECT_EQ(streams.Find(""), "c3");
}

TEST(StreamMap, NamesEachStreamOnce) {
  StreamMap streams = {{"a", "c1"}, {"b", "c2"}};
  streams.Set("a", "c3");
  std::map<std::string, std::string> seen;
  streams.ForEach([&](std::string_view id, std::string_view connections) {
    EXPECT_TRUE(seen.emplace(id, connections).second) << id;
  });
  EXPECT_EQ(seen, (std::map<std::string, std::string>{{"a", "c3"}, {"b", "c2"}}));
}

TEST(StreamMap, AnEmptyOneFindsNothing) {
  EXPECT_EQ(StreamMap().Find("a"), std::nullopt);
  EXPECT_EQ(StreamMap().size(), 0u);
}

}  // namespace
}  // namespace reprocess
