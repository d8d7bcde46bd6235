#include "filter/grammar.h"

#include <gtest/gtest.h>

#include "filter/line_parser.h"

namespace reprocess {
namespace {

GrammarVerdict Check(std::string_view text) {
  return GrammarCheck().Check(text);
}

std::string Nested(std::size_t depth) {
  return R"({"a":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
}

TEST(Grammar, AcceptsWhatIngestLegallyWrites) {
  const std::string digits(10'000, '7');
  const std::string texts[] = {
      "{}",
      " \t\r\n{ } \n",
      R"({"a":[1,{"b":[]},"",true,false,null]})",
      R"({"n":18446744073709551616,"m":1e400,"k":-0.0E-05})",
      R"({"n":)" + digits + "." + digits + "e" + digits + "}",
      R"({"s":"\ud800","t":"\udc00\ud800","u":"\ud83d\ude00","\u0000":"\u0000"})",
      R"({"s":"\"\\\/\b\f\n\r\t"})",
      "{\"s\":\"\xFF\xC0\x80\x7F\"}",
      R"({"a":1,"a":2})",
      Nested(10'000),
  };
  for (const auto& text : texts) {
    SCOPED_TRACE(text.substr(0, 80));
    const GrammarVerdict verdict = Check(text);
    EXPECT_TRUE(verdict.valid) << verdict.what;
    EXPECT_TRUE(verdict.object);
  }
}

TEST(Grammar, SaysWhereAndWhyItRefuses) {
  const struct {
    std::string text;
    std::size_t at;
    std::string_view what;
  } rows[] = {
      {R"({"a" 1})", 5, "expected ':' after a key"},
      {R"({"a":1 "b":2})", 7, "expected ',' or '}'"},
      {R"({"a":[1 2]})", 8, "expected ',' or ']'"},
      {R"({"a":1,})", 7, "expected a key in double quotes"},
      {R"({,})", 1, "expected a key in double quotes"},
      {R"({'a':1})", 1, "expected a key in double quotes"},
      {R"({1:1})", 1, "expected a key in double quotes"},
      {R"({"a":[1,]})", 8, "expected a value"},
      {R"({"a":[,1]})", 6, "expected a value"},
      {R"({"a":]})", 5, "expected a value"},
      {R"({"a":[}})", 6, "expected a value"},
      {R"({"a":[1}})", 7, "expected ',' or ']'"},
      {R"({"a":NaN})", 5, "expected a value"},
      {R"({"a":+1})", 5, "expected a value"},
      {R"({"a":tru})", 8, "expected true, false or null"},
      {R"({"a":nullx})", 9, "expected ',' or '}'"},
      {R"({"a":01})", 6, "expected ',' or '}'"},
      {R"({"a":1.})", 7, "expected a digit"},
      {R"({"a":-})", 6, "expected a digit"},
      {R"({"a":1e+})", 8, "expected a digit"},
      {"{\"a\":\"x\ty\"}", 7, "control character in a string"},
      {std::string("{\"a\":\"\0\"}", 9), 6, "control character in a string"},
      {std::string("{\"a\":1\0}", 8), 6, "expected ',' or '}'"},
      {R"({"a":"\x41"})", 7, "unknown escape"},
      {R"({"a":"\u12g4"})", 10, "expected four hexadecimal digits after \\u"},
      {"{\"a\":1}\xC2\xA0", 7, "text after the end of the value"},
      {"\xEF\xBB\xBF{}", 0, "expected a value"},
      {"\x0B{}", 0, "expected a value"},
      {"{}{}", 2, "text after the end of the value"},
      {"1 2", 2, "text after the end of the value"},
      {R"({"a":"x)", 7, "the line ends too early"},
      {R"({"a":"\)", 7, "the line ends too early"},
      {R"({"a":"\u00)", 10, "the line ends too early"},
      {R"({"a":-)", 6, "the line ends too early"},
      {R"({"a":[)", 6, "the line ends too early"},
      {R"({"a")", 4, "the line ends too early"},
      {"", 0, "the line ends too early"},
      {Nested(10'001), 5 + 9'999, "nested deeper than 10000"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text.substr(0, 80));
    const GrammarVerdict verdict = Check(row.text);
    EXPECT_FALSE(verdict.valid);
    EXPECT_EQ(verdict.at, row.at);
    EXPECT_EQ(verdict.what, row.what);
  }
}

TEST(Grammar, NamesWhatIsNoObject) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"[{}]", "an array"},  {R"("{}")", "a string"}, {"-1.5e3", "a number"}, {" 0 ", "a number"},
      {"true", "a boolean"}, {"false", "a boolean"},  {"null", "null"},
  };
  for (const auto& [text, kind] : rows) {
    SCOPED_TRACE(text);
    const GrammarVerdict verdict = Check(text);
    EXPECT_TRUE(verdict.valid);
    EXPECT_FALSE(verdict.object);
    EXPECT_EQ(verdict.what, kind);
  }
}

TEST(Grammar, TellsWhatAMessageIsCountedBy) {
  const struct {
    std::string_view text, type, created, source_id, slug;
  } rows[] = {
      {R"({"type":"page","messageCreated":"2026","origin":{"sourceId":"s1","slug":"x"}})", "page",
       "2026", "s1", "x"},
      {R"({ "origin" : { "a" : [1,{"sourceId":"no"}] , "slug" : "x" } , "type" : "t" })", "t", "",
       "", "x"},
      {R"({"a":"}\",{","b":[[],{"type":"inner"}],"c":1e999,"d":null,"type":"outer"})", "outer", "",
       "", ""},
      {R"({"type":"a","type":"b"})", "b", "", "", ""},
      {R"({"type":"a","type":1,"origin":{"slug":"x"},"origin":"s1"})", "", "", "", ""},
      {R"({"ty\u0070e":"p\u00e4ge"})", "p\xc3\xa4ge", "", "", ""},
      {R"({"type":"\ud800"})", "\xed\xa0\x80", "", "", ""},
      {R"({"origin":{"sourceId":"","type":"inner"}})", "", "", "", ""},
      {R"({})", "", "", "", ""},
  };
  GrammarCheck grammar;  // of the line before nothing is left
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    ASSERT_TRUE(grammar.Check(row.text).object);
    EXPECT_EQ(grammar.type(), row.type);
    EXPECT_EQ(grammar.fields().created, row.created);
    EXPECT_EQ(grammar.fields().source_id, row.source_id);
    EXPECT_EQ(grammar.fields().slug, row.slug);
  }
}

TEST(Grammar, UnescapesAsUtf8AndKeepsLoneSurrogatesApart) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"plain", "plain"},
      {R"(\"\\\/\b\f\n\r\t)", "\"\\/\b\f\n\r\t"},
      {R"(\u0041\u00e9\u20AC)", "A\xC3\xA9\xE2\x82\xAC"},
      {R"(\ud83d\ude00!)", "\xF0\x9F\x98\x80!"},
      {R"(\ud83d!)", "\xED\xA0\xBD!"},
      {R"(\ud83d\n)", "\xED\xA0\xBD\n"},
      {R"(\ude00\ud83d)", "\xED\xB8\x80\xED\xA0\xBD"},
      {R"(\ud83d\ud83d\ude00)", "\xED\xA0\xBD\xF0\x9F\x98\x80"},
  };
  for (const auto& [literal, text] : rows) EXPECT_EQ(UnescapeJson(literal), text) << literal;
}

TEST(DropSpace, LeavesStringsAloneAndAllElseTogether) {
  const std::pair<std::string, std::string_view> rows[] = {
      {R"({"a":1})", R"({"a":1})"},
      {R"( {"a":1 ,"b":2} )", R"({"a":1,"b":2})"},
      {"{\t\"a b\" :\r\n[ 1 , \" \\\" \" , -2e5 ] }", R"({"a b":[1," \" ",-2e5]})"},
      {R"({ "\\" : "\\" , "" : " " })", R"({"\\":"\\","":" "})"},
  };
  for (auto [text, compact] : rows) {
    std::string fast = "what was there before";
    Compact(text, fast);
    EXPECT_EQ(fast, compact);
    text.resize(DropSpace(text.data(), text.size()));
    EXPECT_EQ(text, compact);
  }
}

TEST(DropSpace, IsWhatTheFastWayDoesAcrossTheWidthsOfRegisters) {
  for (std::size_t before = 0; before < 140; ++before) {
    const std::string name(before, 'n');
    std::string text = "{ \"" + name + " \\\\\\\" \" :\t[ true , {} ] }\n", fast;
    Compact(text, fast);
    text.resize(DropSpace(text.data(), text.size()));
    ASSERT_EQ(fast, text);
    ASSERT_EQ(fast, "{\"" + name + " \\\\\\\" \":[true,{}]}");
  }
}

TEST(DropSpace, AStringThatIsNotClosedBecomesSomeText) {
  std::string fast;
  Compact(R"({"a" : "b)", fast);
  EXPECT_EQ(fast, R"({"a":"b)");
}

}  // namespace
}  // namespace reprocess
