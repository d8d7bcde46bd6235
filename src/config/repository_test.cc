#include "config/repository.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using testing::HasSubstr;
using Connections = std::map<std::string, std::string>;

TEST(Repository, KeepsTheConnectionsOfDestinationsThatCountInOrder) {
  const struct {
    std::string name, text;
    Connections connections;
  } rows[] = {
      {"empty", "[]", {}},
      {"two streams",
       R"([{"stream":{"id":"s1","workspaceId":"w","name":"n"},"updatedAt":"t","destinations":[
            {"id":"d1","connectionId":"c2","destinationType":"x","options":{"id":"no","a":[{"id":1}]}},
            {"destinationType":"y","connectionId":"c1","id":"d2"}]},
           {"stream":{"id":"s2"},"destinations":[]}])",
       {{"s1", "c2,c1"}, {"s2", ""}}},
      {"what does not count",
       R"([{"stream":{"id":"s"},"destinations":[
            {"id":"","connectionId":"c1","destinationType":"x"},
            {"id":"d","connectionId":"c2","destinationType":""},
            {"id":"d","connectionId":"c3"},
            {"id":null,"connectionId":"c4","destinationType":"x"},
            {"id":"d","connectionId":"","destinationType":"x"},
            {"id":"d","destinationType":"x"},
            {"id":"d","connectionId":"c7","destinationType":"x"}]}])",
       {{"s", "c7"}}},
      {"destinations before the stream, and other ids",
       R"([{"id":"no","destinations":[{"id":"d","connectionId":"c","destinationType":"x"}],
            "extra":[{"id":"d","connectionId":"no","destinationType":"x"}],
            "stream":{"nested":{"id":"no"},"id":"s","list":[{"id":"no"}]}}])",
       {{"s", "c"}}},
      {"no destinations",
       R"([{"stream":{"id":"a"}},{"stream":{"id":"b"},"destinations":null}])",
       {{"a", ""}, {"b", ""}}},
      {"the last of a stream wins",
       R"([{"stream":{"id":"s"},"destinations":[{"id":"d","connectionId":"c","destinationType":"x"}]},
           {"stream":{"id":"s"}}])",
       {{"s", ""}}},
      {"half surrogates",
       R"([{"stream":{"id":"a\ud83d\ude00\\ud83d","name":"\ud83d \uDE00 \udbff\ud83d"}},
           {"stream":{"id":"b\ud83d"}}])",
       {{"a😀\\ud83d", ""}, {"b\uFFFD", ""}}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto streams = ParseRepository(row.text);
    ASSERT_TRUE(streams) << streams.error().ToString();
    EXPECT_EQ(streams->size(), row.connections.size());
    for (const auto& [id, connections] : row.connections) {
      EXPECT_EQ(streams->Find(id), connections) << id;
    }
  }
}

TEST(Repository, ThatIsNotSuchAnArrayIsRefusedWithItsPlace) {
  const struct {
    std::string text, message;
  } rows[] = {
      {"", "line 1"},
      {"{}", "expected a JSON array"},
      {"\"x\"", "expected a JSON array"},
      {"<html>", "line 1, column 1"},
      {"[{\"stream\":{\"id\":\"s\"}},\n {\"stream\"", "line 2"},
      {"[{\"stream\":{\"id\":\"s\"}}] x", "line 1, column 25"},
      {std::string("[]\0[]", 5), "a zero byte at byte 2"},
      {R"([{"stream":{"id":"s"}},7])", "[1]: expected an object"},
      {R"([{"stream":{"id":"s"}},{"destinations":[]}])", "[1]: stream.id: missing"},
      {R"([{"stream":{"id":""}}])", "[0]: stream.id: missing"},
      {R"([{"stream":{"id":7}}])", "[0]: stream.id: expected text"},
      {R"([{"stream":[]}])", "[0]: stream: expected an object"},
      {R"([{"stream":{"id":"s"},"destinations":{}}])", "[0]: destinations: expected an array"},
      {R"([{"stream":{"id":"s"},"destinations":["d"]}])", "[0]: destinations: expected objects"},
      {R"([{"stream":{"id":"s"},"destinations":[{"id":1}]}])", "[0]: destinations: id: expected"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const auto streams = ParseRepository(row.text);
    ASSERT_FALSE(streams);
    EXPECT_EQ(streams.error().remedy, Remedy::kStop);
    EXPECT_THAT(streams.error().what, HasSubstr(row.message));
  }
}

}  // namespace
}  // namespace reprocess
