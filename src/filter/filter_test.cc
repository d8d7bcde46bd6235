#include "filter/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/time_text.h"

namespace reprocess {
namespace {

constexpr std::uint64_t kNoLimit = 1'000'000'000;

// A batch as the reader makes it: all lines in one buffer, each with its terminator.
Batch BatchOf(const std::vector<std::string>& texts) {
  std::string bytes;
  for (const auto& text : texts) bytes += text + "\n";
  Batch batch;
  batch.buffer = std::make_shared<Buffer>(bytes.size());
  bytes.copy(batch.buffer->data(), bytes.size());
  std::uint64_t at = 0;
  for (const auto& text : texts) {
    Line& line = batch.lines.emplace_back();
    line.text = batch.buffer->data() + at;
    line.size = static_cast<std::uint32_t>(text.size());
    line.first_byte = at;
    at += text.size() + 1;
    line.end_byte = at;
    line.number = batch.lines.size();
  }
  return batch;
}

std::string_view TextOf(const Line& line) {
  return {line.text, line.size};
}

// "send", "send a,b", "skip date", "error unknown_stream".
std::string Outcome(const Line& line) {
  switch (line.verdict) {
    case Verdict::kSend:
      return line.connection_ids.empty() ? "send" : "send " + std::string(line.connection_ids);
    case Verdict::kSkip:
      return "skip " + std::string(NameOf(line.reason));
    case Verdict::kError:
      return "error " + std::string(NameOf(line.reason));
    case Verdict::kUnjudged:
      break;
  }
  return "unjudged";
}

StreamMap Streams() {
  return {{"src1", "c1,c2"}, {"src2", "c3"}, {"site-9", "c9"}, {"idle", ""}};
}

struct Row {
  std::string text, outcome;
};

void ExpectOutcomes(const JobConfig& config, const StreamMap* streams, const std::vector<Row>& rows,
                    std::uint64_t max_value_bytes = kNoLimit) {
  Filter filter(config, streams, max_value_bytes);
  std::vector<std::string> texts;
  for (const auto& row : rows) texts.push_back(row.text);
  Batch batch = BatchOf(texts);
  filter.Judge(batch);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Line& line = batch.lines[i];
    EXPECT_EQ(Outcome(line), rows[i].outcome) << rows[i].text.substr(0, 100);
    EXPECT_EQ(line.message != 0, line.verdict == Verdict::kError);
    EXPECT_LE(line.message, batch.messages.size());
  }
}

TEST(Filter, LooksConnectionsUpBySourceIdOrElseBySlug) {
  const StreamMap streams = Streams();
  ExpectOutcomes({}, &streams,
                 {
                     {R"({"origin":{"sourceId":"src1","slug":"site-9"}})", "send c1,c2"},
                     {R"({"origin":{"slug":"site-9"}})", "send c9"},
                     {R"({"origin":{"sourceId":"","slug":"site-9"}})", "send c9"},
                     {R"({"origin":{"sourceId":null,"slug":"site-9"}})", "send c9"},
                     {R"({"origin":{"sourceId":5,"slug":"site-9"}})", "send c9"},
                     {R"({"origin":{"sourceId":"none","slug":"site-9"}})", "error unknown_stream"},
                     {R"({"origin":{"sourceId":"SRC1"}})", "error unknown_stream"},
                     {R"({"origin":{"sourceId":"idle"}})", "error no_destination"},
                     {R"({"origin":{}})", "send"},
                     {R"({"origin":"src1"})", "send"},
                     {R"({"a":{"origin":{"sourceId":"src1"}}})", "send"},
                     {"{}", "send"},
                 });
}

TEST(Filter, CountsTheLastOfDuplicateKeysOnBothPaths) {
  const StreamMap streams = Streams();
  const std::vector<Row> rows = {
      {R"({"origin":{"sourceId":"src1","sourceId":"src2")", "send c3"},
      {R"({"origin":{"sourceId":"src1","sourceId":null)", "send"},
      {R"({"origin":{"sourceId":"src1"},"origin":{"slug":"site-9")", "send c9"},
      {R"({"origin":{"sourceId":"src1"},"origin":7,"x":{"a":1)", "send"},
      {R"({"origin":7,"or\u0069gin":{"source\u0049d":"sr\u0063\u0031")", "send c1,c2"},
      {R"({"origin":{"x":{"sourceId":"src1"},"y":[{"slug":"idle"}])", "send"},
  };
  for (const std::string end : {"}}", R"(},"n":1e999})"}) {
    std::vector<Row> ended = rows;
    for (auto& row : ended) row.text += end;
    ExpectOutcomes({}, &streams, ended);
  }
}

TEST(Filter, WithoutARepositoryOnlyALookUpIsAnError) {
  const std::vector<Row> unnamed = {{"{}", "send"}, {R"({"origin":{"slug":""}})", "send"}};
  ExpectOutcomes({}, nullptr, unnamed);
  ExpectOutcomes({}, nullptr, {{R"({"origin":{"slug":"site-9"}})", "error no_repository"}});
}

TEST(Filter, ConfiguredConnectionsGoToEveryMessage) {
  const StreamMap streams = Streams();
  JobConfig config;
  config.connection_ids = {"x", "y"};
  ExpectOutcomes(config, &streams,
                 {{R"({"origin":{"sourceId":"src1"}})", "send x,y"},
                  {R"({"origin":{"sourceId":"none"}})", "send x,y"},
                  {"{}", "send x,y"}});
  ExpectOutcomes(config, nullptr, {{R"({"origin":{"sourceId":"src1"}})", "send x,y"}});
}

TEST(Filter, OfAStreamsConnectionsThoseOfThePlanAloneAreLeftWhateverTheRepositorySays) {
  const StreamMap streams = Streams();
  JobConfig config;
  config.only_connections = {"c2", "c8", "c3"};
  config.stream_connections = {{"src1", {"c2", "c8"}}, {"src2", {"c3"}}, {"old", {"c3"}}};
  const std::vector<Row> rows = {
      {R"({"origin":{"sourceId":"src1"}})", "send c2,c8"},
      {R"({"origin":{"slug":"src2"}})", "send c3"},
      {R"({"origin":{"sourceId":"old"}})", "send c3"},
      {R"({"origin":{"sourceId":"site-9"}})", "skip connection"},
      {R"({"origin":{"sourceId":"none"}})", "skip connection"},
      {R"({"origin":{"sourceId":"idle"}})", "skip connection"},
      {R"({"origin":{}})", "skip connection"},
      {"{}", "skip connection"},
      {"{", "error invalid_json"},
      {"[]", "error not_object"},
      {" ", "skip blank"},
  };
  ExpectOutcomes(config, &streams, rows);
  ExpectOutcomes(config, nullptr, rows);
  config.stream_ids = {"src1"};
  config.date_to = ParseRfc3339("2026-05-01T00:00:00Z");
  ExpectOutcomes(config, &streams,
                 {
                     {R"({"origin":{"sourceId":"src1"}})", "send c2,c8"},
                     {R"({"origin":{"sourceId":"src2"}})", "skip stream"},
                     {R"({"messageCreated":"2026-05-02T00:00:00Z","origin":{"sourceId":"src1"}})",
                      "skip date"},
                 });
}

TEST(Filter, KeepsTheListedStreamsAndSkipsOthersBeforeTheLookUp) {
  const StreamMap streams = Streams();
  JobConfig config;
  config.stream_ids = {"src1", "site-9"};
  ExpectOutcomes(config, &streams,
                 {
                     {R"({"origin":{"sourceId":"src1"}})", "send c1,c2"},
                     {R"({"origin":{"slug":"site-9"}})", "send c9"},
                     {R"({"origin":{"sourceId":"src2","slug":"site-9"}})", "send c3"},
                     {R"({"origin":{"sourceId":"src2"}})", "skip stream"},
                     {R"({"origin":{"sourceId":"none"}})", "skip stream"},
                     {R"({"origin":{}})", "skip stream"},
                     {R"({"origin":["src1"]})", "skip stream"},
                     {R"({"sourceId":"src1"})", "skip stream"},
                     {"{}", "skip stream"},
                     {"{", "error invalid_json"},
                     {"[]", "error not_object"},
                 });
}

TEST(Filter, KeepsWhatWasCreatedWithinInclusiveBoundsOrHasNoTime) {
  JobConfig config;
  config.date_from = ParseRfc3339("2026-05-01T00:00:00Z");
  config.date_to = ParseRfc3339("2026-05-02T00:00:00Z");
  const std::vector<std::pair<std::string, std::string>> rows = {
      {R"("2026-05-01T00:00:00Z")", "send"},
      {R"("2026-04-30T23:59:59.999999Z")", "skip date"},
      {R"("2026-05-02T00:00:00Z")", "send"},
      {R"("2026-05-02T00:00:00.000001Z")", "skip date"},
      {R"("2026-05-02T01:00:00+02:00")", "send"},
      {R"("2026-05-01T23:00:00-02:00")", "skip date"},
      {R"("\u0032026-05-09T00:00:00Z")", "skip date"},
      {R"("2026-05-09")", "send"},
      {R"("yesterday")", "send"},
      {R"("")", "send"},
      {"null", "send"},
      {"1777593600", "send"},
      {R"({"messageCreated":"2020-01-01T00:00:00Z"})", "send"},
      {R"("2020-01-01T00:00:00Z","messageCreated":null)", "send"},
      {R"("2026-05-01T00:00:00Z","messageCreated":"2020-01-01T00:00:00Z")", "skip date"},
  };
  std::vector<Row> messages{{"{}", "send"}};
  for (const auto& [value, outcome] : rows) {
    messages.push_back({R"({"messageCreated":)" + value + "}", outcome});
    messages.push_back({R"({"n":1e999,"messageCreated":)" + value + "}", outcome});
  }
  ExpectOutcomes(config, nullptr, messages);
}

TEST(Filter, OneBoundLeavesTheOtherSideOpen) {
  const std::string early = R"({"messageCreated":"0000-01-01T00:00:00Z"})";
  const std::string late = R"({"messageCreated":"9999-12-31T23:59:59Z"})";
  JobConfig from, to;
  from.date_from = to.date_to = ParseRfc3339("2026-05-01T00:00:00Z");
  ExpectOutcomes(from, nullptr, {{early, "skip date"}, {late, "send"}});
  ExpectOutcomes(to, nullptr, {{early, "send"}, {late, "skip date"}});
}

TEST(Filter, BlankLinesAreSkippedWhateverTheFilters) {
  JobConfig config;
  config.stream_ids = {"src1"};
  ExpectOutcomes(config, nullptr,
                 {{"", "skip blank"},
                  {" \t\r", "skip blank"},
                  {"\x0B", "error invalid_json"},
                  {std::string(1, '\0'), "error invalid_json"},
                  {"\xC2\xA0", "error invalid_json"}});
}

TEST(Filter, AnOversizedLineIsAnErrorThoughItsSampleIsBlankOrValid) {
  Batch batch = BatchOf({"    ", "{}"});
  for (Line& line : batch.lines) line.oversized = true;
  batch.lines[0].end_byte = batch.lines[0].first_byte + 20'000'000;
  Filter({}, nullptr, kNoLimit).Judge(batch);
  EXPECT_EQ(Outcome(batch.lines[0]), "error oversized");
  EXPECT_EQ(Outcome(batch.lines[1]), "error oversized");
  EXPECT_EQ(batch.messages[0], "line of 20000000 bytes is longer than REPROCESS_MAX_LINE_BYTES");
}

TEST(Filter, MeasuresAValueOnceItIsCompact) {
  ExpectOutcomes({}, nullptr,
                 {{R"({"a":"12345678"})", "send"},
                  {R"(  { "a" : "12345678" }  )", "send"},
                  {R"({"a":"123456789"})", "error too_large"}},
                 16);
  JobConfig config;
  config.stream_ids = {"src1"};
  ExpectOutcomes(config, nullptr, {{R"({"a":"123456789"})", "skip stream"}}, 16);
}

TEST(Filter, MessagesSayWhatIsWrongAndStayShort) {
  const StreamMap streams = Streams();
  Batch batch = BatchOf({
      R"(  {"a" 1})",
      "[1]",
      R"({"origin":{"sourceId":"none"}})",
      R"({"origin":{"sourceId":"none"}})",
      R"({"origin":{"slug":"idle"}})",
      R"({"origin":{"slug":"a\n\u0000é"}})",
      R"({"origin":{"slug":")" + std::string(1000, '\x7F') + R"("}})",
      R"({"a":")" + std::string(30, 'x') + R"("})",
  });
  Filter({}, &streams, 37).Judge(batch);
  using testing::ElementsAre, testing::StartsWith, testing::EndsWith, testing::AllOf;
  EXPECT_THAT(
      batch.messages,
      ElementsAre("invalid JSON at byte 7: expected ':' after a key",
                  "not a JSON object but an array",
                  R"(look up stream "none": the repository has no such stream)",
                  R"(look up stream "idle": it has no destination)",
                  R"(look up stream "a\x0a\x00\xc3\xa9": the repository has no such stream)",
                  AllOf(StartsWith(R"(look up stream "\x7f\x7f)"), EndsWith("such stream")),
                  "value of 38 bytes is larger than the 37 bytes that can be sent"));
  EXPECT_EQ(batch.lines[2].message, batch.lines[3].message);
  for (const auto& message : batch.messages) EXPECT_LE(message.size(), 200u);
}

TEST(Filter, ACompactLineKeepsItsPlaceAndOthersShrinkInPlace) {
  const std::vector<std::string> texts = {
      R"({"a":"x y","b":[1,-2.50e+07]})",
      R"({"a":1 ,"b":2})",
      " \t{\"a\":1}\r",
      "{ \"a b\" : [ \" \\\" \" , 1e999 , true\t] }",
      R"({"a":" "})",
      R"({"a":"b" })",
  };
  Batch batch = BatchOf(texts);
  Filter({}, nullptr, kNoLimit).Judge(batch);
  std::vector<std::string> values;
  for (const Line& line : batch.lines) values.emplace_back(TextOf(line));
  EXPECT_THAT(values,
              testing::ElementsAre(texts[0], R"({"a":1,"b":2})", R"({"a":1})",
                                   R"({"a b":[" \" ",1e999,true]})", texts[4], R"({"a":"b"})"));
  EXPECT_EQ(batch.lines[0].text, batch.buffer->data());
  EXPECT_EQ(batch.lines[3].end_byte - batch.lines[3].first_byte, texts[3].size() + 1);
}

TEST(Filter, AnErrorLineKeepsItsBytes) {
  Batch batch = BatchOf({R"( { "a" : 1 ] )", R"( [ 1 ] )"});
  Filter({}, nullptr, kNoLimit).Judge(batch);
  EXPECT_EQ(TextOf(batch.lines[0]), R"( { "a" : 1 ] )");
  EXPECT_EQ(TextOf(batch.lines[1]), R"( [ 1 ] )");
}

TEST(Filter, MarksLinesWhoseStringsAreNotUtf8AndLeavesTheirStringsAlone) {
  Batch batch = BatchOf({"{\"a\":\"\xFF\"}", "{\"a\":\"\xC3\xA9\"}", R"({"a":"\ud800"})",
                         "{\"a\":1e999,\"b\":\"\xC3\xA9\"}", "\xFF{}"});
  Filter({}, nullptr, kNoLimit).Judge(batch);
  std::vector<bool> marks;
  for (const Line& line : batch.lines) marks.push_back(line.not_utf8);
  EXPECT_THAT(marks, testing::ElementsAre(true, false, false, false, false));
  EXPECT_EQ(TextOf(batch.lines[0]), "{\"a\":\"\xFF\"}");
  EXPECT_EQ(Outcome(batch.lines[4]), "error invalid_json");
}

TEST(Filter, ReportsTheLastUsableMessageCreated) {
  const auto last_of = [](const std::vector<std::string>& values) {
    std::vector<std::string> texts;
    for (const auto& value : values) texts.push_back(R"({"messageCreated":)" + value + "}");
    Batch batch = BatchOf(texts);
    Filter({}, nullptr, kNoLimit).Judge(batch);
    return batch.last_created;
  };
  EXPECT_EQ(last_of({}), "");
  EXPECT_EQ(last_of({R"("first")", R"("second")"}), "second");
  EXPECT_EQ(last_of({R"("first")", "5", "null", R"("")", "{"}), "first");
  EXPECT_EQ(last_of({R"("first")", R"("a\u0000b")", "\"\xC3\xA9\"", "\"\xFF\""}), "first");
  EXPECT_EQ(last_of({R"("first")", "\"" + std::string(65, 'x') + "\""}), "first");
  EXPECT_EQ(last_of({"\"" + std::string(64, 'x') + "\""}), std::string(64, 'x'));
}

TEST(Filter, ALineTooLongForTheFastPathIsJudgedTheSame) {
  const StreamMap streams = Streams();
  const std::string filler(2 << 20, 'x');
  Batch batch = BatchOf({R"({"origin":{"sourceId":"src1"}, "a":")" + filler + R"("})",
                         R"({"a":")" + filler + R"("]})", "{}"});
  Filter({}, &streams, kNoLimit).Judge(batch);
  EXPECT_EQ(Outcome(batch.lines[0]), "send c1,c2");
  EXPECT_EQ(TextOf(batch.lines[0]), R"({"origin":{"sourceId":"src1"},"a":")" + filler + R"("})");
  EXPECT_EQ(Outcome(batch.lines[1]), "error invalid_json");
  EXPECT_EQ(Outcome(batch.lines[2]), "send");
}

}  // namespace
}  // namespace reprocess
