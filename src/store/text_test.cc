#include "store/text.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

using namespace std::string_literals;

TEST(Escape, KeepsUtf8AndShowsEveryOtherByte) {
  const struct {
    std::string bytes, text;
  } kRows[] = {
      {"", ""},
      {"plain {\"a\":1}", "plain {\"a\":1}"},
      {"žluť \U0001F600", "žluť \U0001F600"},
      {"a\0b"s, "a\\x00b"},
      {"a\nb\t\x7F", "a\\x0Ab\\x09\\x7F"},
      {"\xFF\xFE", "\\xFF\\xFE"},
      {"\xC3", "\\xC3"},                             // cut in the middle
      {"\xC0\x80", "\\xC0\\x80"},                    // overlong
      {"\xED\xA0\x80", "\\xED\\xA0\\x80"},           // a surrogate
      {"\xF4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"},  // past U+10FFFF
      {"\xF0\x8F\xBF\xBF", "\\xF0\\x8F\\xBF\\xBF"},
      {"C:\\dir\\x", "C:\\dir\\x"},
      {"literal \\x41", "literal \\x5Cx41"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(Escape(row.bytes), row.text);
    EXPECT_EQ(Unescape(row.text), row.bytes);
  }
}

TEST(Escape, GivesEveryPairOfBytesBack) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string bytes = {'\\', 'x', '4', '\\', static_cast<char>(a), static_cast<char>(b),
                                 '4',  '1'};
      ASSERT_EQ(Unescape(Escape(bytes)), bytes) << a << " " << b;
    }
  }
}

TEST(Offsets, SurviveTheirText) {
  EXPECT_EQ(JoinOffsets({}), "");
  EXPECT_EQ(JoinOffsets({12, 0, -1}), "12,0,-1");
  EXPECT_EQ(SplitOffsets("12,0,-1"), (std::vector<std::int64_t>{12, 0, -1}));
  EXPECT_TRUE(SplitOffsets("").empty());
}

TEST(Ranges, SurviveTheirText) {
  const std::vector<ByteRange> ranges = {{0, 120}, {512, 30}, {600, UINT64_MAX - 600}};
  EXPECT_EQ(JoinRanges(ranges), "0+120,512+30,600+");
  EXPECT_EQ(SplitRanges("0+120,512+30,600+"), ranges);
  EXPECT_TRUE(SplitRanges("").empty());
}

TEST(Reasons, SurviveTheirText) {
  Counters counters;
  counters[Reason::kBlank] = 3;
  counters[Reason::kDate] = 1;
  counters[Reason::kTooLarge] = UINT64_MAX;
  EXPECT_EQ(ReasonsText(counters, Side::kSkips), R"({"blank":3,"date":1})");
  EXPECT_EQ(ReasonsText({}, Side::kErrors), "{}");
  Counters read;
  AddReasons(ReasonsText(counters, Side::kSkips), read);
  AddReasons(ReasonsText(counters, Side::kErrors), read);
  EXPECT_EQ(read, counters);
  AddReasons(R"({"of a later version":7})", read);
  EXPECT_EQ(read, counters);
}

TEST(MarkedConfig, IsAlwaysAnObjectThatJsonbTakes) {
  const struct {
    std::string config, marked;
  } kRows[] = {
      {"", R"({"made_by":"reprocessing-worker"})"},
      {"[1]", R"({"made_by":"reprocessing-worker"})"},
      {"{", R"({"made_by":"reprocessing-worker"})"},
      {R"({"limit": 5, "a": "\\u0000"})",
       R"({"limit":5,"a":"\\u0000","made_by":"reprocessing-worker"})"},
      {R"({"a\u0000": ["x\u0000y", {"b": "\u0000"}]})",
       R"({"a":["xy",{"b":""}],"made_by":"reprocessing-worker"})"},
  };
  for (const auto& row : kRows) EXPECT_EQ(MarkedConfig(row.config), row.marked);
}

TEST(MarkedConfig, TellsOurRowsFromOthers) {
  EXPECT_TRUE(IsMarked(MarkedConfig("{}")));
  EXPECT_FALSE(IsMarked(R"({"made_by":"someone"})"));
  EXPECT_FALSE(IsMarked(""));
  EXPECT_FALSE(IsMarked(MarkedConfig("{}", kPlansMark)));
  EXPECT_TRUE(IsMarked(MarkedConfig("{}", kPlansMark), kPlansMark));
  EXPECT_EQ(UnmarkedConfig(MarkedConfig(R"({"dry_run":true})")), R"({"dry_run":true})");
}

}  // namespace
}  // namespace reprocess
