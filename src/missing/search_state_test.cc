#include "missing/search_state.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

SearchState AState() {
  SearchState state;
  state.seed = UINT64_MAX - 1;
  state.left = {{5, 9}, {10, UINT64_MAX}};
  state.report.passes = 3;
  state.report.equal_at = "s3://bucket/ä:17";
  state.report.topics = {{"topic", {{0, 4, 90}, {1, 0, 12}}}, {"topic-shard1", {{0, 0, 1}}}};
  MissingOfFile file;
  file.version_tag = "\xFF tag";
  file.counts = {1, 2, 3, 4, 5, 6, 7};
  file.equal = 8;
  for (const std::uint64_t line : {1u, 9u, 70'000u}) file.wanted.Add(line);
  state.report.files = {file, {}};
  state.report.files[1].failure = "cannot be read";
  return state;
}

std::string EncodeOf(const SearchState& state) {
  return Encode(state.seed, state.left, state.report);
}

TEST(SearchState, ComesBackAsItWas) {
  const SearchState state = AState();
  const auto read = DecodeSearch(EncodeOf(state));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->seed, state.seed);
  EXPECT_EQ(read->left, state.left);
  EXPECT_EQ(read->report.passes, 3u);
  EXPECT_EQ(read->report.equal_at, state.report.equal_at);
  ASSERT_EQ(read->report.topics.size(), 2u);
  EXPECT_EQ(read->report.topics[0].spans, state.report.topics[0].spans);
  EXPECT_EQ(read->report.topics[1].name, "topic-shard1");
  ASSERT_EQ(read->report.files.size(), 2u);
  EXPECT_EQ(read->report.files[0].version_tag, "\xFF tag");
  EXPECT_EQ(read->report.files[0].counts, state.report.files[0].counts);
  EXPECT_EQ(read->report.files[0].equal, 8u);
  EXPECT_EQ(read->report.files[0].wanted.bytes(), state.report.files[0].wanted.bytes());
  EXPECT_EQ(read->report.files[1].failure, "cannot be read");
}

TEST(SearchState, BytesThatAreNotOursAreNothing) {
  const std::string bytes = EncodeOf(AState());
  EXPECT_FALSE(DecodeSearch(""));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    SCOPED_TRACE(at);
    EXPECT_FALSE(DecodeSearch(bytes.substr(0, at)));
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    (void)DecodeSearch(changed);  // whatever it reads as, it ends
  }
}

TEST(SearchState, ItsNameIsOfAllThatIsAsked) {
  MissingRequest request;
  request.files = {{.path = "a", .size = 1}};
  request.kafka.topic = "t";
  const std::string name = NameOf(request);
  EXPECT_EQ(NameOf(request), name);
  const auto differs = [&](const auto& change) {
    MissingRequest other = request;
    change(other);
    EXPECT_NE(NameOf(other), name);
  };
  differs([](MissingRequest& other) { other.files[0].size = 2; });
  differs([](MissingRequest& other) { other.files.push_back({.path = "b"}); });
  differs([](MissingRequest& other) { other.kafka.topic = "u"; });
  differs([](MissingRequest& other) { other.config.json = "{}"; });
  differs([](MissingRequest& other) { other.wanted.partly = true; });
  differs([](MissingRequest& other) { other.look.foreign = true; });
  differs([](MissingRequest& other) { other.look.shard_topics = true; });
  differs([](MissingRequest& other) { other.look.since = WallTime{}; });
}

}  // namespace
}  // namespace reprocess
